drop table inventory_movements;
drop function app.inventory_movements_living_references();
drop table vehicles;
drop function app.vehicles_movement();
drop function app.vehicles_living_references();
drop table engine_types;
drop table brands;
