-- The world of the tests, part finance: rows of both businesses; comes after world.sql and before end.sql, which gives what triggers have stamped a fixed time.

insert into financial_profiles (id, tenant_id, created_at, updated_at, user_id, currency, financial_goals) values
    (pg_temp.id('fprf1'), pg_temp.id('cars'), '2026-01-10T09:00Z', '2026-01-10T09:00Z', pg_temp.id('jan'), 'EUR', '{"savings": 5000}'),
    (pg_temp.id('casafp'), pg_temp.id('casas'), '2026-01-10T09:00Z', '2026-01-10T09:00Z', pg_temp.id('eva'), 'USD', null);

insert into financial_accounts (id, tenant_id, created_at, updated_at, user_id, profile_id, name, type, balance, currency, credit_limit) values
    (pg_temp.id('acct1'), pg_temp.id('cars'), '2026-01-10T09:01Z', '2026-01-10T09:01Z', pg_temp.id('jan'), pg_temp.id('fprf1'), 'Nómina', 'CHECKING', 1200.00, 'EUR', null),
    (pg_temp.id('acct2'), pg_temp.id('cars'), '2026-01-10T09:02Z', '2026-01-10T09:02Z', pg_temp.id('jan'), pg_temp.id('fprf1'), 'Ahorro', 'SAVINGS', 3000.00, 'EUR', null),
    (pg_temp.id('acct3'), pg_temp.id('cars'), '2026-01-10T09:03Z', '2026-01-10T09:03Z', pg_temp.id('jan'), pg_temp.id('fprf1'), 'Viaje', 'CASH', 250.00, 'USD', null),
    (pg_temp.id('casaacct'), pg_temp.id('casas'), '2026-01-10T09:01Z', '2026-01-10T09:01Z', pg_temp.id('eva'), pg_temp.id('casafp'), 'Corriente', 'CREDIT_CARD', -80.00, 'USD', 2000.00);

insert into recurring_payments (id, tenant_id, created_at, updated_at, user_id, profile_id, account_id, name, amount, currency, frequency, category, next_due_date, auto_debit, start_date, end_date) values
    (pg_temp.id('rent1'), pg_temp.id('cars'), '2026-01-10T09:04Z', '2026-01-10T09:04Z', pg_temp.id('jan'), pg_temp.id('fprf1'), pg_temp.id('acct1'), 'Gimnasio', 39.90, 'EUR', 'MONTHLY', 'Deporte', '2026-03-31', false, '2026-01-31', null),
    (pg_temp.id('casarent'), pg_temp.id('casas'), '2026-01-10T09:04Z', '2026-01-10T09:04Z', pg_temp.id('eva'), pg_temp.id('casafp'), null, 'Revista', 12.00, 'USD', 'YEARLY', 'Ocio', '2027-01-10', false, '2026-01-10', null);

insert into financial_transactions (id, tenant_id, created_at, updated_at, user_id, profile_id, account_id, from_account_id, to_account_id, recurring_payment_id, due_date, date, description, amount, currency, type, category, subcategory, tags, is_recurring) values
    (pg_temp.id('pay1'), pg_temp.id('cars'), '2026-02-28T09:00Z', '2026-02-28T09:00Z', pg_temp.id('jan'), pg_temp.id('fprf1'), pg_temp.id('acct1'), null, null, null, null, '2026-02-27', 'Nómina de febrero', 1850.00, 'EUR', 'INCOME', 'Sueldo', null, null, true),
    (pg_temp.id('pay2'), pg_temp.id('cars'), '2026-02-28T09:01Z', '2026-02-28T09:01Z', pg_temp.id('jan'), pg_temp.id('fprf1'), pg_temp.id('acct1'), null, null, null, null, '2026-02-28', 'Supermercado', 64.35, 'EUR', 'EXPENSE', 'Comida', 'Supermercado', '["semana"]', false),
    (pg_temp.id('pay3'), pg_temp.id('cars'), '2026-02-28T09:02Z', '2026-02-28T09:02Z', pg_temp.id('jan'), pg_temp.id('fprf1'), null, pg_temp.id('acct1'), pg_temp.id('acct2'), null, null, '2026-02-28', 'Al ahorro', 200.00, 'EUR', 'TRANSFER', 'Ahorro', null, null, false),
    (pg_temp.id('pay4'), pg_temp.id('cars'), '2026-02-28T09:03Z', '2026-02-28T09:03Z', pg_temp.id('jan'), pg_temp.id('fprf1'), pg_temp.id('acct1'), null, null, pg_temp.id('rent1'), '2026-02-28', '2026-02-28', 'Gimnasio', 39.90, 'EUR', 'EXPENSE', 'Deporte', null, null, true),
    (pg_temp.id('casapay'), pg_temp.id('casas'), '2026-02-28T09:00Z', '2026-02-28T09:00Z', pg_temp.id('eva'), pg_temp.id('casafp'), pg_temp.id('casaacct'), null, null, null, null, '2026-02-28', 'Cena', 42.10, 'USD', 'EXPENSE', 'Comida', null, null, false);

insert into budgets (id, tenant_id, created_at, updated_at, user_id, profile_id, name, category, amount, currency, period, start_date, alert_threshold) values
    (pg_temp.id('cap1'), pg_temp.id('cars'), '2026-01-10T09:05Z', '2026-01-10T09:05Z', pg_temp.id('jan'), pg_temp.id('fprf1'), 'Comida del mes', 'Comida', 300.00, 'EUR', 'MONTHLY', '2026-01-01', 80),
    (pg_temp.id('casacap'), pg_temp.id('casas'), '2026-01-10T09:05Z', '2026-01-10T09:05Z', pg_temp.id('eva'), pg_temp.id('casafp'), 'Comida', 'Comida', 500.00, 'USD', 'WEEKLY', '2026-01-05', 90);

insert into debts (id, tenant_id, created_at, updated_at, user_id, profile_id, name, type, principal, balance, currency, interest_rate, monthly_payment, start_date, maturity_date, priority) values
    (pg_temp.id('debt1'), pg_temp.id('cars'), '2026-01-10T09:06Z', '2026-01-10T09:06Z', pg_temp.id('jan'), pg_temp.id('fprf1'), 'Coche', 'AUTO_LOAN', 9000.00, 6000.00, 'EUR', 5.9500, 280.00, '2025-06-15', '2028-06-15', 1),
    (pg_temp.id('casadebt'), pg_temp.id('casas'), '2026-01-10T09:06Z', '2026-01-10T09:06Z', pg_temp.id('eva'), pg_temp.id('casafp'), 'Estudios', 'STUDENT_LOAN', 4000.00, 1500.00, 'USD', 3.0000, null, '2024-01-10', '2027-01-10', null);

insert into debt_payments (id, tenant_id, created_at, updated_at, user_id, debt_id, date, amount, principal_paid, interest_paid) values
    (pg_temp.id('deb1pay'), pg_temp.id('cars'), '2026-02-15T09:00Z', '2026-02-15T09:00Z', pg_temp.id('jan'), pg_temp.id('debt1'), '2026-02-15', 280.00, 250.25, 29.75),
    (pg_temp.id('casadebtpay'), pg_temp.id('casas'), '2026-02-15T09:00Z', '2026-02-15T09:00Z', pg_temp.id('eva'), pg_temp.id('casadebt'), '2026-02-15', 100.00, 96.25, 3.75);

insert into investments (id, tenant_id, created_at, updated_at, user_id, profile_id, name, type, symbol, quantity, purchase_price, current_price, currency, purchase_date) values
    (pg_temp.id('etf1'), pg_temp.id('cars'), '2026-01-10T09:07Z', '2026-01-10T09:07Z', pg_temp.id('jan'), pg_temp.id('fprf1'), 'Bolsa mundial', 'ETF', 'VWCE', 12.5, 98.4, 121.16, 'EUR', '2023-05-02'),
    (pg_temp.id('casaetf'), pg_temp.id('casas'), '2026-01-10T09:07Z', '2026-01-10T09:07Z', pg_temp.id('eva'), pg_temp.id('casafp'), 'Bitcoin', 'CRYPTO', 'BTC', 0.01250000, 41000, 62500.5, 'USD', '2024-02-01');

-- What payments of debts have stamped.
set session_replication_role = replica;
update debts set version = 1, updated_at = created_at where created_at < '2026-04-01Z';
reset session_replication_role;
