-- finance: one's own money. Nobody else sees a row, whatever the role. Balances are moved by triggers, in the transaction
-- of what moves them; amounts of different currencies never meet.

-- One writer at a time -----------------------------------------------------------------------------------------------

create table financial_profiles (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    currency char(3) not null,
    financial_goals jsonb,
    ai_analysis jsonb,
    constraint financial_profiles_pkey primary key (tenant_id, id),
    constraint financial_profiles_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint financial_profiles_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint financial_profiles_financial_goals_check check (jsonb_typeof(financial_goals) = 'object'),
    constraint financial_profiles_ai_analysis_check check (jsonb_typeof(ai_analysis) = 'object')
);
comment on table financial_profiles is 'How a user deals with money; at most one row per user that is not deleted.';
comment on column financial_profiles.currency is 'The currency of what is entered without one.';
comment on column financial_profiles.ai_analysis is 'What an assistant has made of the figures.';
comment on constraint financial_profiles_financial_goals_check on financial_profiles is 'Goals are a JSON object.';
comment on constraint financial_profiles_ai_analysis_check on financial_profiles is 'An analysis is a JSON object.';

call app.soft_deletable('financial_profiles');
create unique index financial_profiles_user_id_key on financial_profiles (tenant_id, user_id) where deleted_at is null;
comment on index financial_profiles_user_id_key is 'You already have a financial profile.';
create index financial_profiles_user_id_idx on financial_profiles (tenant_id, user_id, id);

call app.protect('financial_profiles');
call app.personal('financial_profiles');
call app.currency_of_tenant('financial_profiles');
call app.fixed('financial_profiles', '{user_id}');
call app.versioned('financial_profiles');
call app.logged('financial_profiles', entity => 'financial_profile', parent => 'user_id', routing => '{user_id}');

create function app.lock_finances() returns trigger
language plpgsql
as $$
begin
    -- Before any row is locked. Whoever writes about money of a user holds this first, so two writers wait for each other
    -- here or not at all. A new profile has nobody to wait for.
    perform from public.financial_profiles
    where tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid
      and user_id = nullif(current_setting('app.user_id', true), '')::uuid
    order by id
    for no key update;
    return null;
end
$$;
comment on function app.lock_finances() is
    'Lets one writer at a time touch the money of the user of the transaction. Without that setting (psql) single rows are '
    'locked as they come.';

create function app.fill_currency_of_profile() returns trigger
language plpgsql
as $$
begin
    select currency into new.currency
    from public.financial_profiles
    where tenant_id = new.tenant_id and id = new.profile_id;
    return new;
end
$$;

create procedure app.currency_of_profile(target regclass)
language plpgsql
as $$
declare
    name constant text := (select relname from pg_class where oid = target);
begin
    execute format(
        'alter table %s add constraint %I check (app.is_currency(currency))', target, name || '_currency_check'
    );
    execute format(
        'comment on constraint %I on %s is ''This is not the code of a currency, such as EUR.''',
        name || '_currency_check', target
    );
    execute format(
        'create trigger %I before insert on %s for each row when (new.currency is null) '
        'execute function app.fill_currency_of_profile()',
        name || '_currency', target
    );
end
$$;
comment on procedure app.currency_of_profile(regclass) is
    'For a table with currency and profile_id: checks the code, and takes that of the profile when none is given.';

-- What comes back again and again -------------------------------------------------------------------------------------

create function app.today(tenant uuid) returns date
language sql stable
as $$ select (now() at time zone t.timezone)::date from public.tenants t where t.id = tenant $$;
comment on function app.today(uuid) is 'The day it is where a tenant is.';

create function app.nth_due(anchor date, frequency text, n integer) returns date
language sql immutable strict parallel safe
as $$
    select (anchor + n * case frequency
        when 'DAILY' then interval '1 day'
        when 'WEEKLY' then interval '7 days'
        when 'BIWEEKLY' then interval '14 days'
        when 'MONTHLY' then interval '1 month'
        when 'QUARTERLY' then interval '3 months'
        when 'YEARLY' then interval '12 months'
    end)::date
$$;
comment on function app.nth_due(date, text, integer) is
    'The day that comes n times later than the first. Counted from the first, so a 31st is the last day of shorter months '
    'and the 31st again afterwards.';

create function app.due_number(anchor date, frequency text, day date) returns integer
language sql immutable strict parallel safe
as $$
    select case
        when frequency in ('DAILY', 'WEEKLY', 'BIWEEKLY') then
            floor((day - anchor)::numeric / case frequency when 'DAILY' then 1 when 'WEEKLY' then 7 else 14 end)::integer
        else (
            select guess - case when app.nth_due(anchor, frequency, guess) > day then 1 else 0 end
            from (
                select floor(
                    (12 * (extract(year from day) - extract(year from anchor))
                        + extract(month from day) - extract(month from anchor))
                    / case frequency when 'MONTHLY' then 1 when 'QUARTERLY' then 3 else 12 end
                )::integer as guess
            ) as g
        )
    end
$$;
comment on function app.due_number(date, text, date) is
    'How often it has come back by this day: n of the last nth_due that is not later; -1 before the first.';

create function app.due_after(anchor date, frequency text, day date) returns date
language sql immutable strict parallel safe
as $$ select app.nth_due(anchor, frequency, greatest(0, app.due_number(anchor, frequency, day) + 1)) $$;
comment on function app.due_after(date, text, date) is 'The first due day after this one.';

-- Accounts -----------------------------------------------------------------------------------------------------------

create table financial_accounts (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    name text not null,
    type text not null,
    balance numeric(14, 2) not null default 0,
    opening_balance numeric(14, 2) not null default 0,
    currency char(3) not null,
    is_active boolean not null default true,
    credit_limit numeric(14, 2),
    constraint financial_accounts_pkey primary key (tenant_id, id),
    constraint financial_accounts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint financial_accounts_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint financial_accounts_profile_id_fkey foreign key (tenant_id, profile_id)
        references financial_profiles on delete cascade,
    constraint financial_accounts_name_check check (app.is_filled(name)),
    constraint financial_accounts_type_check check (
        type in ('CHECKING', 'SAVINGS', 'CREDIT_CARD', 'CASH', 'INVESTMENT', 'LOAN', 'OTHER')
    ),
    constraint financial_accounts_credit_limit_check check (credit_limit >= 0)
);
comment on table financial_accounts is 'An account of a user at a bank, or a purse.';
comment on column financial_accounts.balance is
    'What is on it: the opening balance and all its transactions. Moved by triggers; below zero when something is owed.';
comment on column financial_accounts.opening_balance is 'What was on it when it was entered here.';
comment on constraint financial_accounts_name_check on financial_accounts is 'The name must not be empty.';
comment on constraint financial_accounts_credit_limit_check on financial_accounts is 'A credit limit is not negative.';

call app.soft_deletable('financial_accounts');
create index financial_accounts_user_id_idx on financial_accounts (tenant_id, user_id, id);
create index financial_accounts_profile_id_idx on financial_accounts (tenant_id, profile_id, id);

call app.protect('financial_accounts');
call app.personal('financial_accounts');
call app.owned_through('financial_accounts', 'profile_id', 'financial_profiles');
call app.currency_of_profile('financial_accounts');
-- Amounts in another currency would become this one's.
call app.fixed('financial_accounts', '{currency, opening_balance}');
call app.versioned('financial_accounts', ignored => '{balance}');
call app.living_references('financial_accounts', '{"profile_id": "financial_profiles"}');
call app.logged('financial_accounts', entity => 'financial_account', parent => 'profile_id', routing => '{user_id}');

create function app.financial_accounts_opened() returns trigger
language plpgsql
as $$
begin
    new.opening_balance := new.balance;
    return new;
end
$$;
create trigger financial_accounts_opened before insert on financial_accounts
    for each row execute function app.financial_accounts_opened();

create function app.financial_accounts_balance() returns trigger
language plpgsql
as $$
begin
    perform app.refuse('VALIDATION', 'balance', 'A balance is moved by transactions: enter one instead.');
    return null;
end
$$;
create trigger financial_accounts_balance before update of balance on financial_accounts
    for each row when (pg_trigger_depth() = 0 and old.balance is distinct from new.balance)
    execute function app.financial_accounts_balance();

-- Recurring payments -------------------------------------------------------------------------------------------------

create table recurring_payments (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    account_id uuid,
    name text not null,
    amount numeric(14, 2) not null,
    currency char(3) not null,
    frequency text not null,
    category text not null,
    next_due_date date not null,
    anchor_date date not null,
    auto_debit boolean not null default false,
    start_date date not null,
    end_date date,
    is_active boolean not null default true,
    constraint recurring_payments_pkey primary key (tenant_id, id),
    constraint recurring_payments_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint recurring_payments_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint recurring_payments_profile_id_fkey foreign key (tenant_id, profile_id)
        references financial_profiles on delete cascade,
    constraint recurring_payments_account_id_fkey foreign key (tenant_id, account_id)
        references financial_accounts on delete set null (account_id),
    constraint recurring_payments_name_check check (app.is_filled(name)),
    constraint recurring_payments_amount_check check (amount > 0),
    constraint recurring_payments_currency_check check (app.is_currency(currency)),
    constraint recurring_payments_frequency_check check (
        frequency in ('DAILY', 'WEEKLY', 'BIWEEKLY', 'MONTHLY', 'QUARTERLY', 'YEARLY')
    ),
    constraint recurring_payments_category_check check (app.is_filled(category)),
    constraint recurring_payments_end_date_check check (end_date >= start_date),
    constraint recurring_payments_next_due_date_check check (next_due_date >= start_date),
    constraint recurring_payments_auto_debit_check check (not auto_debit or account_id is not null)
);
comment on table recurring_payments is 'What a user pays again and again: rent, a subscription.';
comment on column recurring_payments.next_due_date is 'The next day on which it is due, in the time zone of the tenant.';
comment on column recurring_payments.anchor_date is
    'The due day that somebody entered last: later ones are counted from it, so that the 31st comes back after February.';
comment on column recurring_payments.auto_debit is 'Booked by itself on the day it is due.';
comment on constraint recurring_payments_name_check on recurring_payments is 'The name must not be empty.';
comment on constraint recurring_payments_amount_check on recurring_payments is 'An amount is greater than zero.';
comment on constraint recurring_payments_currency_check on recurring_payments is
    'This is not the code of a currency, such as EUR.';
comment on constraint recurring_payments_category_check on recurring_payments is 'The category must not be empty.';
comment on constraint recurring_payments_end_date_check on recurring_payments is
    'The last day is not before the first.';
comment on constraint recurring_payments_next_due_date_check on recurring_payments is
    'The next payment is not due before the first day.';
comment on constraint recurring_payments_auto_debit_check on recurring_payments is
    'What is booked by itself needs an account.';
create index recurring_payments_user_id_idx on recurring_payments (tenant_id, user_id, id);
create index recurring_payments_profile_id_idx on recurring_payments (tenant_id, profile_id, id);
create index recurring_payments_account_id_idx on recurring_payments (tenant_id, account_id, id);
create index recurring_payments_next_due_date_idx on recurring_payments (tenant_id, next_due_date) where is_active;

call app.protect('recurring_payments');
call app.personal('recurring_payments');
call app.owned_through('recurring_payments', 'profile_id', 'financial_profiles');
call app.fixed('recurring_payments', '{currency}');
call app.versioned('recurring_payments');
call app.living_references(
    'recurring_payments', '{"profile_id": "financial_profiles", "account_id": "financial_accounts"}'
);
call app.logged('recurring_payments', entity => 'recurring_payment', parent => 'profile_id', routing => '{user_id}');

create function app.recurring_payments_terms() returns trigger
language plpgsql
as $$
declare
    account record;
begin
    if new.account_id is not null and (tg_op = 'INSERT' or new.account_id is distinct from old.account_id) then
        select profile_id, currency into account
        from public.financial_accounts
        where tenant_id = new.tenant_id and id = new.account_id;
        if account.profile_id is distinct from new.profile_id then
            perform app.refuse('NOT_FOUND', 'account_id', 'There is no financial account with this ID.');
        end if;
        new.currency := coalesce(new.currency, account.currency);
        if new.currency <> account.currency then
            perform app.refuse(
                'VALIDATION', 'account_id',
                format('This account is kept in %s, and the payment is one in %s.', account.currency, new.currency)
            );
        end if;
    end if;
    if new.currency is null then
        select currency into new.currency
        from public.financial_profiles
        where tenant_id = new.tenant_id and id = new.profile_id;
    end if;
    new.next_due_date := coalesce(new.next_due_date, new.start_date);
    -- To go on to the next day keeps the rhythm; any other day begins a new one.
    if tg_op = 'INSERT' then
        new.anchor_date := new.next_due_date;
    elsif new.frequency <> old.frequency
        or new.next_due_date not in (old.next_due_date, app.due_after(old.anchor_date, old.frequency, old.next_due_date))
    then
        new.anchor_date := new.next_due_date;
    else
        new.anchor_date := old.anchor_date;
    end if;
    if new.next_due_date > new.end_date then
        new.is_active := false;
    end if;
    return new;
end
$$;
create trigger recurring_payments_terms
    before insert or update of account_id, frequency, next_due_date, anchor_date, end_date, is_active
    on recurring_payments for each row when (pg_trigger_depth() = 0) execute function app.recurring_payments_terms();

create function app.recurring_payments_account_gone() returns trigger
language plpgsql
as $$
begin
    new.auto_debit := false;
    return new;
end
$$;
create trigger recurring_payments_account_gone before update of account_id on recurring_payments
    for each row when (pg_trigger_depth() > 0 and new.account_id is null)
    execute function app.recurring_payments_account_gone();

-- Transactions -------------------------------------------------------------------------------------------------------

create table financial_transactions (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    account_id uuid,
    from_account_id uuid,
    to_account_id uuid,
    recurring_payment_id uuid,
    due_date date,
    date date not null,
    description text not null,
    amount numeric(14, 2) not null,
    currency char(3) not null,
    type text not null,
    category text not null,
    subcategory text,
    tags jsonb,
    is_recurring boolean not null default false,
    constraint financial_transactions_pkey primary key (tenant_id, id),
    constraint financial_transactions_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint financial_transactions_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint financial_transactions_profile_id_fkey foreign key (tenant_id, profile_id)
        references financial_profiles on delete cascade,
    constraint financial_transactions_account_id_fkey foreign key (tenant_id, account_id)
        references financial_accounts on delete set null (account_id),
    constraint financial_transactions_from_account_id_fkey foreign key (tenant_id, from_account_id)
        references financial_accounts on delete set null (from_account_id),
    constraint financial_transactions_to_account_id_fkey foreign key (tenant_id, to_account_id)
        references financial_accounts on delete set null (to_account_id),
    constraint financial_transactions_recurring_payment_id_fkey foreign key (tenant_id, recurring_payment_id)
        references recurring_payments on delete set null (recurring_payment_id),
    constraint financial_transactions_description_check check (app.is_filled(description)),
    constraint financial_transactions_amount_check check (amount > 0),
    constraint financial_transactions_currency_check check (app.is_currency(currency)),
    constraint financial_transactions_type_check check (type in ('INCOME', 'EXPENSE', 'TRANSFER')),
    constraint financial_transactions_category_check check (app.is_filled(category)),
    constraint financial_transactions_subcategory_check check (app.is_filled(subcategory)),
    constraint financial_transactions_tags_check check (app.is_text_list(tags)),
    constraint financial_transactions_recurring_payment_id_due_date_key
        unique (tenant_id, recurring_payment_id, due_date)
);
comment on table financial_transactions is 'Money that came in, went out, or went from one account of a user to another.';
comment on column financial_transactions.due_date is 'Of what a recurring payment booked: for which day. It is booked once.';
comment on constraint financial_transactions_description_check on financial_transactions is
    'The description must not be empty.';
comment on constraint financial_transactions_amount_check on financial_transactions is 'An amount is greater than zero.';
comment on constraint financial_transactions_currency_check on financial_transactions is
    'This is not the code of a currency, such as EUR.';
comment on constraint financial_transactions_category_check on financial_transactions is
    'The category must not be empty.';
comment on constraint financial_transactions_subcategory_check on financial_transactions is
    'A subcategory must not be empty; leave it out instead.';
comment on constraint financial_transactions_tags_check on financial_transactions is 'Tags are a JSON array of texts.';
comment on constraint financial_transactions_recurring_payment_id_due_date_key on financial_transactions is
    'This payment is booked for that day already.';
create index financial_transactions_user_id_idx on financial_transactions (tenant_id, user_id, date desc, id desc);
create index financial_transactions_profile_id_idx on financial_transactions (tenant_id, profile_id, date desc, id desc);
create index financial_transactions_category_idx on financial_transactions (tenant_id, profile_id, category, date);
create index financial_transactions_account_id_idx on financial_transactions (tenant_id, account_id, date desc, id desc);
create index financial_transactions_from_account_id_idx
    on financial_transactions (tenant_id, from_account_id, date desc, id desc);
create index financial_transactions_to_account_id_idx
    on financial_transactions (tenant_id, to_account_id, date desc, id desc);

call app.protect('financial_transactions');
call app.personal('financial_transactions');
call app.owned_through('financial_transactions', 'profile_id', 'financial_profiles');
call app.versioned('financial_transactions');
call app.living_references('financial_transactions', '{
    "profile_id": "financial_profiles", "account_id": "financial_accounts", "from_account_id": "financial_accounts",
    "to_account_id": "financial_accounts"
}');
call app.logged(
    'financial_transactions', entity => 'financial_transaction', parent => 'profile_id', routing => '{user_id}'
);

create function app.financial_transactions_accounts() returns trigger
language plpgsql
as $$
declare
    place record;
    account record;
begin
    if new.type = 'TRANSFER' then
        if new.from_account_id is null or new.to_account_id is null or new.account_id is not null then
            perform app.refuse(
                'VALIDATION',
                case
                    when new.from_account_id is null then 'from_account_id'
                    when new.to_account_id is null then 'to_account_id'
                    else 'account_id'
                end,
                'A transfer goes from one account to another: it has fromAccountId and toAccountId, and no accountId.'
            );
        end if;
        if new.from_account_id = new.to_account_id then
            perform app.refuse('VALIDATION', 'to_account_id', 'A transfer goes to another account.');
        end if;
    elsif new.account_id is null or new.from_account_id is not null or new.to_account_id is not null then
        perform app.refuse(
            'VALIDATION',
            case
                when new.account_id is null then 'account_id'
                when new.from_account_id is not null then 'from_account_id'
                else 'to_account_id'
            end,
            'Income and expenses have accountId, and neither fromAccountId nor toAccountId.'
        );
    end if;
    for place in
        select *
        from (values
            ('account_id', new.account_id), ('from_account_id', new.from_account_id), ('to_account_id', new.to_account_id)
        ) as p (key, id)
        where id is not null
    loop
        select profile_id, currency into account
        from public.financial_accounts
        where tenant_id = new.tenant_id and id = place.id;
        if account.profile_id is distinct from new.profile_id then
            perform app.refuse('NOT_FOUND', place.key, 'There is no financial account with this ID.');
        end if;
        new.currency := coalesce(new.currency, account.currency);
        if new.currency <> account.currency then
            perform app.refuse(
                'VALIDATION', place.key,
                format('This account is kept in %s, and the transaction is one in %s.', account.currency, new.currency)
            );
        end if;
    end loop;
    return new;
end
$$;
comment on function app.financial_transactions_accounts() is
    'The accounts of a transaction are those of its type, of its profile, and of one currency. They may only be missing '
    'after an account was purged.';
create trigger financial_transactions_accounts before insert on financial_transactions
    for each row execute function app.financial_transactions_accounts();
create trigger financial_transactions_accounts_again
    before update of type, account_id, from_account_id, to_account_id, currency on financial_transactions
    for each row when (
        pg_trigger_depth() = 0
        and (old.type, old.account_id, old.from_account_id, old.to_account_id, old.currency)
            is distinct from (new.type, new.account_id, new.from_account_id, new.to_account_id, new.currency)
    ) execute function app.financial_transactions_accounts();

create function app.financial_transactions_moved() returns trigger
language plpgsql
as $$
declare
    moved record;
begin
    -- In the order of the keys: two statements lock the accounts that they share one after the other, never crosswise.
    if tg_op = 'INSERT' then
        for moved in
            select n.tenant_id, m.account_id, sum(m.amount) as amount
            from new_rows n
            cross join lateral (values
                (n.account_id, case n.type when 'INCOME' then n.amount else -n.amount end),
                (n.from_account_id, -n.amount),
                (n.to_account_id, n.amount)
            ) as m (account_id, amount)
            where m.account_id is not null
            group by 1, 2
            order by 1, 2
        loop
            perform app.move_balance(moved.tenant_id, moved.account_id, moved.amount);
        end loop;
    elsif tg_op = 'DELETE' then
        for moved in
            select o.tenant_id, m.account_id, sum(m.amount) as amount
            from old_rows o
            cross join lateral (values
                (o.account_id, case o.type when 'INCOME' then -o.amount else o.amount end),
                (o.from_account_id, o.amount),
                (o.to_account_id, -o.amount)
            ) as m (account_id, amount)
            where m.account_id is not null
            group by 1, 2
            order by 1, 2
        loop
            perform app.move_balance(moved.tenant_id, moved.account_id, moved.amount);
        end loop;
    else
        for moved in
            select c.tenant_id, m.account_id, sum(c.sign * m.amount) as amount
            from (
                select 1 as sign, n.* from new_rows n
                union all
                select -1, o.* from old_rows o
            ) as c
            cross join lateral (values
                (c.account_id, case c.type when 'INCOME' then c.amount else -c.amount end),
                (c.from_account_id, -c.amount),
                (c.to_account_id, c.amount)
            ) as m (account_id, amount)
            where m.account_id is not null
            group by 1, 2
            having sum(c.sign * m.amount) <> 0
            order by 1, 2
        loop
            perform app.move_balance(moved.tenant_id, moved.account_id, moved.amount);
        end loop;
    end if;
    return null;
end
$$;

create function app.move_balance(tenant uuid, account uuid, amount numeric) returns void
language sql
as $$
    update public.financial_accounts a set balance = a.balance + amount where a.tenant_id = tenant and a.id = account
$$;
comment on function app.move_balance(uuid, uuid, numeric) is
    'For triggers: anybody else is refused by the account. An account that is gone has no balance any more.';

create trigger financial_transactions_inserted after insert on financial_transactions
    referencing new table as new_rows
    for each statement execute function app.financial_transactions_moved();
create trigger financial_transactions_updated after update on financial_transactions
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.financial_transactions_moved();
create trigger financial_transactions_deleted after delete on financial_transactions
    referencing old table as old_rows
    for each statement execute function app.financial_transactions_moved();

-- Booking what is due ------------------------------------------------------------------------------------------------

create policy owner_directory on recurring_payments for select to current_user using (true);

create function app.users_with_due_payments() returns table (tenant_id uuid, user_id uuid)
language sql stable security definer
set search_path = pg_catalog, public, pg_temp
as $$
    select distinct p.tenant_id, p.user_id
    from public.tenants t
    join public.recurring_payments p on p.tenant_id = t.id
    where t.status in ('TRIAL', 'ACTIVE')
      and p.is_active
      and (
          p.auto_debit and p.next_due_date <= (now() at time zone t.timezone)::date
          or p.end_date < (now() at time zone t.timezone)::date
      )
$$;
comment on function app.users_with_due_payments() is
    'Whose payments are to be booked now, or have come to their end: a worker must know it before it can act for a user.';
revoke execute on function app.users_with_due_payments() from public;
grant execute on function app.users_with_due_payments() to mostrador_api;

create function app.book_due_payments() returns integer
language plpgsql
as $$
declare
    tenant constant uuid := current_setting('app.tenant_id')::uuid;
    owner constant uuid := current_setting('app.user_id')::uuid;
    today constant date := app.today(tenant);
    payment record;
    due date;
    booked integer := 0;
begin
    -- As every writer: workers come one after the other, and the second finds nothing due.
    perform from public.financial_profiles p
    where p.tenant_id = tenant and p.user_id = owner
    order by p.id
    for no key update;
    for payment in
        select r.*
        from public.recurring_payments r
        join public.financial_accounts a
            on a.tenant_id = r.tenant_id and a.id = r.account_id and a.deleted_at is null
        join public.financial_profiles f
            on f.tenant_id = r.tenant_id and f.id = r.profile_id and f.deleted_at is null
        where r.tenant_id = tenant
          and r.user_id = owner
          and r.is_active
          and r.auto_debit
          and r.next_due_date <= today
        order by r.next_due_date, r.id
        limit 100
        for no key update of r
    loop
        due := payment.next_due_date;
        -- A gateway that was down for long catches up a year at a time.
        for step in 1 .. 366 loop
            exit when due > today or due > payment.end_date;
            insert into public.financial_transactions (
                tenant_id, user_id, profile_id, account_id, recurring_payment_id, due_date, date, description, amount,
                currency, type, category, is_recurring
            ) values (
                tenant, owner, payment.profile_id, payment.account_id, payment.id, due, due, payment.name,
                payment.amount, payment.currency, 'EXPENSE', payment.category, true
            )
            on conflict (tenant_id, recurring_payment_id, due_date) do nothing;
            booked := booked + 1;
            due := app.due_after(payment.anchor_date, payment.frequency, due);
            -- Step by step, as the rhythm demands.
            update public.recurring_payments r
            set next_due_date = due
            where r.tenant_id = tenant and r.id = payment.id;
        end loop;
    end loop;
    update public.recurring_payments r
    set is_active = false
    where r.tenant_id = tenant
      and r.user_id = owner
      and r.is_active
      and r.end_date < today
      and not (r.auto_debit and r.next_due_date <= r.end_date);
    return booked;
end
$$;
comment on function app.book_due_payments() is
    'Books what is due of the user of the transaction: each payment once for each of its days, as an expense. Says how many '
    'were booked; call it again until it says 0. Payments whose account was deleted wait.';

-- Budgets ------------------------------------------------------------------------------------------------------------

create table budgets (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    name text not null,
    category text not null,
    amount numeric(14, 2) not null,
    currency char(3) not null,
    period text not null,
    start_date date not null,
    end_date date,
    alert_threshold integer not null default 80,
    is_active boolean not null default true,
    constraint budgets_pkey primary key (tenant_id, id),
    constraint budgets_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint budgets_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint budgets_profile_id_fkey foreign key (tenant_id, profile_id)
        references financial_profiles on delete cascade,
    constraint budgets_name_check check (app.is_filled(name)),
    constraint budgets_category_check check (app.is_filled(category)),
    constraint budgets_amount_check check (amount > 0),
    constraint budgets_period_check check (period in ('WEEKLY', 'MONTHLY', 'QUARTERLY', 'YEARLY')),
    constraint budgets_end_date_check check (end_date >= start_date),
    constraint budgets_alert_threshold_check check (alert_threshold between 1 and 100)
);
comment on table budgets is 'What a user wants to spend at most on a category in each period.';
comment on constraint budgets_name_check on budgets is 'The name must not be empty.';
comment on constraint budgets_category_check on budgets is 'The category must not be empty.';
comment on constraint budgets_amount_check on budgets is 'An amount is greater than zero.';
comment on constraint budgets_end_date_check on budgets is 'The last day is not before the first.';
comment on constraint budgets_alert_threshold_check on budgets is 'A threshold goes from 1 to 100 percent.';
create index budgets_user_id_idx on budgets (tenant_id, user_id, id);
create index budgets_profile_id_idx on budgets (tenant_id, profile_id, id);

call app.protect('budgets');
call app.personal('budgets');
call app.owned_through('budgets', 'profile_id', 'financial_profiles');
call app.currency_of_profile('budgets');
call app.versioned('budgets');
call app.living_references('budgets', '{"profile_id": "financial_profiles"}');
call app.logged('budgets', entity => 'budget', parent => 'profile_id', routing => '{user_id}');

create function app.budget_period_start(start_date date, end_date date, period text, today date) returns date
language sql immutable parallel safe
as $$
    select app.nth_due(start_date, period, app.due_number(start_date, period, greatest(start_date, least(today, end_date))))
$$;
comment on function app.budget_period_start(date, date, text, date) is
    'When the current period of a budget began: periods are counted from its first day. Before that day it is the first '
    'period, after the last day the last.';

create function app.budget_period_end(start_date date, end_date date, period text, today date) returns date
language sql immutable parallel safe
as $$
    select least(
        end_date,
        app.due_after(start_date, period, app.budget_period_start(start_date, end_date, period, today)) - 1
    )
$$;
comment on function app.budget_period_end(date, date, text, date) is 'The last day of the current period of a budget.';

create function app.budget_spent(
    tenant uuid, profile uuid, category text, currency text, period text, start_date date, end_date date
) returns numeric
language sql stable
as $$
    select coalesce(sum(t.amount), 0)::numeric(20, 2)
    from (select app.today(tenant) as today) as n
    join public.financial_transactions t
        on t.date between app.budget_period_start(start_date, end_date, period, n.today)
            and app.budget_period_end(start_date, end_date, period, n.today)
    where t.tenant_id = tenant
      and t.profile_id = profile
      and t.category = budget_spent.category
      and t.type = 'EXPENSE'
      and t.currency = budget_spent.currency
$$;
comment on function app.budget_spent(uuid, uuid, text, text, text, date, date) is
    'What was spent on a category in the current period, in one currency.';

-- Debts --------------------------------------------------------------------------------------------------------------

create table debts (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    name text not null,
    type text not null,
    account_number bytea,
    principal numeric(14, 2) not null,
    balance numeric(14, 2) not null,
    currency char(3) not null,
    interest_rate numeric(9, 4) not null,
    monthly_payment numeric(14, 2),
    start_date date not null,
    maturity_date date,
    status text not null default 'ACTIVE',
    priority integer,
    constraint debts_pkey primary key (tenant_id, id),
    constraint debts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint debts_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint debts_profile_id_fkey foreign key (tenant_id, profile_id)
        references financial_profiles on delete cascade,
    constraint debts_name_check check (app.is_filled(name)),
    constraint debts_type_check check (
        type in ('MORTGAGE', 'PERSONAL_LOAN', 'AUTO_LOAN', 'STUDENT_LOAN', 'CREDIT_CARD', 'OTHER')
    ),
    constraint debts_principal_check check (principal > 0),
    constraint debts_balance_check check (balance >= 0),
    constraint debts_status_balance_check check (status <> 'PAID_OFF' or balance = 0),
    constraint debts_interest_rate_check check (interest_rate between 0 and 1000),
    constraint debts_monthly_payment_check check (monthly_payment > 0),
    constraint debts_maturity_date_check check (maturity_date >= start_date),
    constraint debts_priority_check check (priority > 0)
);
comment on table debts is 'What a user owes.';
comment on column debts.account_number is 'Sealed: text.';
comment on column debts.principal is 'What was borrowed.';
comment on column debts.balance is 'What is still owed, without interest to come. Lowered by payments.';
comment on column debts.interest_rate is 'Percent a year, nominal.';
comment on constraint debts_name_check on debts is 'The name must not be empty.';
comment on constraint debts_principal_check on debts is 'What was borrowed is more than nothing.';
comment on constraint debts_balance_check on debts is 'No more can be paid than is owed.';
comment on constraint debts_status_balance_check on debts is
    'A debt is paid off when nothing is owed, and stays so.';
comment on constraint debts_interest_rate_check on debts is 'A rate goes from 0 to 1000 percent a year.';
comment on constraint debts_monthly_payment_check on debts is 'A payment is greater than zero.';
comment on constraint debts_maturity_date_check on debts is 'The last day is not before the first.';
comment on constraint debts_priority_check on debts is 'A priority is 1 or more; 1 comes first.';

call app.soft_deletable('debts');
create index debts_user_id_idx on debts (tenant_id, user_id, id);
create index debts_profile_id_idx on debts (tenant_id, profile_id, id);

call app.protect('debts', hidden => '{account_number}');
call app.personal('debts');
call app.owned_through('debts', 'profile_id', 'financial_profiles');
call app.currency_of_profile('debts');
call app.fixed('debts', '{currency}');
call app.state_machine('debts', 'status', '{
    "ACTIVE": ["PAID_OFF", "DEFAULTED", "REFINANCED"],
    "DEFAULTED": ["ACTIVE", "PAID_OFF", "REFINANCED"],
    "PAID_OFF": [],
    "REFINANCED": []
}');
-- Sealing anew is no change of what the row says; what a user seals is.
call app.versioned('debts', ignored => '{account_number}');
create trigger debts_sealed before update of account_number on debts
    for each row when (
        nullif(current_setting('app.user_id', true), '') is not null
        and old.account_number is distinct from new.account_number
    ) execute function app.bump_version();
call app.living_references('debts', '{"profile_id": "financial_profiles"}');
call app.logged('debts', entity => 'debt', parent => 'profile_id', routing => '{user_id}');

create table debt_payments (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    debt_id uuid not null,
    date date not null,
    amount numeric(14, 2) not null,
    principal_paid numeric(14, 2) not null,
    interest_paid numeric(14, 2) not null,
    constraint debt_payments_pkey primary key (tenant_id, id),
    constraint debt_payments_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint debt_payments_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint debt_payments_debt_id_fkey foreign key (tenant_id, debt_id) references debts on delete cascade,
    constraint debt_payments_amount_check check (amount > 0 and amount = principal_paid + interest_paid),
    constraint debt_payments_principal_paid_check check (principal_paid >= 0),
    constraint debt_payments_interest_paid_check check (interest_paid >= 0)
);
comment on table debt_payments is 'A payment of a debt, in the currency of the debt.';
comment on constraint debt_payments_amount_check on debt_payments is
    'An amount is greater than zero, and the principal and interest of the payment together.';
comment on constraint debt_payments_principal_paid_check on debt_payments is 'The principal paid is not negative.';
comment on constraint debt_payments_interest_paid_check on debt_payments is 'The interest paid is not negative.';
create index debt_payments_user_id_idx on debt_payments (tenant_id, user_id, id);
create index debt_payments_debt_id_idx on debt_payments (tenant_id, debt_id, date desc, id desc);

call app.protect('debt_payments');
call app.personal('debt_payments');
call app.owned_through('debt_payments', 'debt_id', 'debts');
call app.versioned('debt_payments');
call app.living_references('debt_payments', '{"debt_id": "debts"}');
call app.logged('debt_payments', entity => 'debt_payment', parent => 'debt_id', routing => '{user_id}');

create function app.debts_balance() returns trigger
language plpgsql
as $$
begin
    new.balance := coalesce(new.balance, new.principal);
    if new.balance = 0 and new.status in ('ACTIVE', 'DEFAULTED') then
        new.status := 'PAID_OFF';
    end if;
    return new;
end
$$;
create trigger debts_balance before insert or update of balance on debts
    for each row execute function app.debts_balance();

create function app.debt_payments_moved() returns trigger
language plpgsql
as $$
declare
    moved record;
begin
    if tg_op = 'INSERT' then
        for moved in
            select n.tenant_id, n.debt_id, sum(n.principal_paid) as paid
            from new_rows n
            group by 1, 2
            order by 1, 2
        loop
            perform app.pay_debt(moved.tenant_id, moved.debt_id, moved.paid);
        end loop;
    elsif tg_op = 'DELETE' then
        for moved in
            select o.tenant_id, o.debt_id, -sum(o.principal_paid) as paid
            from old_rows o
            group by 1, 2
            order by 1, 2
        loop
            perform app.pay_debt(moved.tenant_id, moved.debt_id, moved.paid);
        end loop;
    else
        for moved in
            select c.tenant_id, c.debt_id, sum(c.paid) as paid
            from (
                select n.tenant_id, n.debt_id, n.principal_paid as paid from new_rows n
                union all
                select o.tenant_id, o.debt_id, -o.principal_paid from old_rows o
            ) as c
            group by 1, 2
            having sum(c.paid) <> 0
            order by 1, 2
        loop
            perform app.pay_debt(moved.tenant_id, moved.debt_id, moved.paid);
        end loop;
    end if;
    return null;
end
$$;

create function app.pay_debt(tenant uuid, debt uuid, paid numeric) returns void
language sql
as $$
    -- When payments go because the user does, what was paid off stays so for the moment that is left to it.
    update public.debts d
    set balance = d.balance - paid
    where d.tenant_id = tenant
      and d.id = debt
      and (d.status <> 'PAID_OFF' or pg_trigger_depth() < 2)
$$;
comment on function app.pay_debt(uuid, uuid, numeric) is 'For triggers: lowers what is owed.';

create trigger debt_payments_inserted after insert on debt_payments
    referencing new table as new_rows
    for each statement execute function app.debt_payments_moved();
create trigger debt_payments_updated after update on debt_payments
    referencing old table as old_rows new table as new_rows
    for each statement execute function app.debt_payments_moved();
create trigger debt_payments_deleted after delete on debt_payments
    referencing old table as old_rows
    for each statement execute function app.debt_payments_moved();

-- Investments --------------------------------------------------------------------------------------------------------

create table investments (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    profile_id uuid not null,
    name text not null,
    type text not null,
    symbol text,
    quantity numeric(20, 8) not null,
    purchase_price numeric(20, 8) not null,
    current_price numeric(20, 8) not null,
    currency char(3) not null,
    purchase_date date not null,
    returns numeric(26, 2) not null generated always as (round(quantity * (current_price - purchase_price), 2)) stored,
    returns_percentage numeric(26, 4) not null
        generated always as (round(100 * (current_price - purchase_price) / nullif(purchase_price, 0), 4)) stored,
    constraint investments_pkey primary key (tenant_id, id),
    constraint investments_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint investments_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint investments_profile_id_fkey foreign key (tenant_id, profile_id)
        references financial_profiles on delete cascade,
    constraint investments_name_check check (app.is_filled(name)),
    constraint investments_type_check check (
        type in ('STOCK', 'BOND', 'FUND', 'ETF', 'CRYPTO', 'REAL_ESTATE', 'OTHER')
    ),
    constraint investments_symbol_check check (app.is_filled(symbol)),
    constraint investments_quantity_check check (quantity > 0),
    constraint investments_purchase_price_check check (purchase_price > 0),
    constraint investments_current_price_check check (current_price >= 0)
);
comment on table investments is 'Something that a user has put money into.';
comment on column investments.purchase_price is 'What one piece cost.';
comment on column investments.current_price is 'What one piece is worth.';
comment on constraint investments_name_check on investments is 'The name must not be empty.';
comment on constraint investments_symbol_check on investments is
    'A symbol must not be empty; leave it out instead.';
comment on constraint investments_quantity_check on investments is 'A quantity is greater than zero.';
comment on constraint investments_purchase_price_check on investments is 'A purchase price is greater than zero.';
comment on constraint investments_current_price_check on investments is 'A price is not negative.';

call app.soft_deletable('investments');
create index investments_user_id_idx on investments (tenant_id, user_id, id);
create index investments_profile_id_idx on investments (tenant_id, profile_id, id);

call app.protect('investments');
call app.personal('investments');
call app.owned_through('investments', 'profile_id', 'financial_profiles');
call app.currency_of_profile('investments');
call app.versioned('investments');
call app.living_references('investments', '{"profile_id": "financial_profiles"}');
call app.logged('investments', entity => 'investment', parent => 'profile_id', routing => '{user_id}');

-- For all of them ----------------------------------------------------------------------------------------------------

do $$
declare
    name text;
    type_name text;
begin
    foreach name in array array[
        'financial_accounts', 'financial_transactions', 'recurring_payments', 'debts', 'debt_payments'
    ] loop
        execute format(
            'create trigger %I before insert or update or delete on %I '
            'for each statement execute function app.lock_finances()',
            name || '_one_writer', name
        );
    end loop;
    -- One's own money is no business of analysts.
    foreach name in array array[
        'financial_profiles', 'financial_accounts', 'financial_transactions', 'recurring_payments', 'budgets', 'debts',
        'debt_payments', 'investments'
    ] loop
        execute format('revoke all on %I from mostrador_readonly', name);
    end loop;
    -- What is removed for good is written down, as everywhere, but without its values.
    for name, type_name in
        select *
        from (values
            ('financial_profiles', 'FinancialProfile'),
            ('financial_accounts', 'FinancialAccount'),
            ('debts', 'Debt'),
            ('investments', 'Investment')
        ) as t (name, type_name)
    loop
        call app.audited_unseen(name::regclass, type_name, '{"delete": "financial_record.purged"}');
    end loop;
end
$$;
