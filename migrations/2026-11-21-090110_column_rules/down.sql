drop procedure app.single_default(regclass);
drop function app.yield_default();
drop function app.clear_other_default();
drop procedure app.currency_of_tenant(regclass);
drop function app.fill_currency();
drop procedure app.fixed(regclass, text[]);
drop function app.refuse_fixed_change();
