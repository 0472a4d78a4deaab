drop function app.free_item(sales);
drop function app.move_vehicle(sales, boolean);
drop function app.move_property(sales, boolean);
drop table sales;
drop function app.sales_move_item();
drop function app.refuse_other_item();
drop function app.refuse_delete_of_done_sale();
drop function app.sales_dates();
drop function app.sales_living_references();
