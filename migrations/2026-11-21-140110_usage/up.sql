-- usage: what calls of language models cost, summed up by month, limited, and told before the limit is reached.
--
-- Months are those of UTC. All sums follow the logs in the transaction that writes them; they go up only, so that they
-- stay when old logs are dropped.

-- Prices -------------------------------------------------------------------------------------------------------------

create table model_prices (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    model text not null,
    input_price numeric(14, 6) not null,
    output_price numeric(14, 6) not null,
    constraint model_prices_pkey primary key (tenant_id, id),
    constraint model_prices_model_key unique (tenant_id, model),
    constraint model_prices_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint model_prices_model_check check (app.is_filled(model)),
    constraint model_prices_input_price_check check (input_price >= 0),
    constraint model_prices_output_price_check check (output_price >= 0)
);
comment on table model_prices is 'What a model costs, in US dollars for a million tokens. Others cost nothing.';
comment on constraint model_prices_model_key on model_prices is 'This model has its price already.';
comment on constraint model_prices_model_check on model_prices is 'The name of a model must not be empty.';
comment on constraint model_prices_input_price_check on model_prices is 'A price is not negative.';
comment on constraint model_prices_output_price_check on model_prices is 'A price is not negative.';

call app.protect('model_prices');
call app.versioned('model_prices');
call app.logged('model_prices', 'model_price');

create function app.token_cost(tokens integer, price numeric) returns numeric
language sql immutable parallel safe
as $$ select round(tokens * coalesce(price, 0) / 1000000, 6) $$;
comment on function app.token_cost(integer, numeric) is 'price: for a million tokens; null for none.';

-- Logs ---------------------------------------------------------------------------------------------------------------

create table usage_logs (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    created_at timestamptz not null default now(),
    user_id uuid not null default nullif(current_setting('app.user_id', true), '')::uuid,
    agent_id uuid,
    thread_id uuid,
    tokens_input integer not null,
    tokens_output integer not null,
    total_tokens integer not null generated always as (tokens_input + tokens_output) stored,
    model text not null,
    cost_input numeric(14, 6) not null,
    cost_output numeric(14, 6) not null,
    total_cost numeric(14, 6) not null generated always as (cost_input + cost_output) stored,
    duration integer,
    success boolean not null,
    occurred_at timestamptz not null default now(),
    constraint usage_logs_pkey primary key (tenant_id, id),
    constraint usage_logs_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint usage_logs_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint usage_logs_agent_id_fkey foreign key (tenant_id, agent_id) references ai_agents on delete cascade,
    constraint usage_logs_thread_id_user_id_fkey foreign key (tenant_id, thread_id, user_id)
        references chat_threads (tenant_id, id, user_id) on delete set null (thread_id),
    constraint usage_logs_tokens_input_check check (tokens_input >= 0),
    constraint usage_logs_tokens_output_check check (tokens_output >= 0),
    constraint usage_logs_model_check check (app.is_filled(model)),
    constraint usage_logs_cost_input_check check (cost_input >= 0),
    constraint usage_logs_cost_output_check check (cost_output >= 0),
    constraint usage_logs_duration_check check (duration >= 0)
) partition by range (id);
comment on table usage_logs is
    'One row for each call of a language model. Append-only, one partition a month; what is older than a year goes.';
comment on column usage_logs.cost_input is 'In US dollars; left out, by the price of the model at the time.';
comment on column usage_logs.cost_output is 'In US dollars; left out, by the price of the model at the time.';
comment on column usage_logs.duration is 'Milliseconds from the question to the end of the answer.';
comment on constraint usage_logs_tokens_input_check on usage_logs is 'A number of tokens is not negative.';
comment on constraint usage_logs_tokens_output_check on usage_logs is 'A number of tokens is not negative.';
comment on constraint usage_logs_model_check on usage_logs is 'The name of a model must not be empty.';
comment on constraint usage_logs_cost_input_check on usage_logs is 'A cost is not negative.';
comment on constraint usage_logs_cost_output_check on usage_logs is 'A cost is not negative.';
comment on constraint usage_logs_duration_check on usage_logs is 'A duration is not negative.';
create index usage_logs_user_id_idx on usage_logs (tenant_id, user_id, id desc);
create index usage_logs_agent_id_idx on usage_logs (tenant_id, agent_id, id desc);
create index usage_logs_thread_id_idx on usage_logs (tenant_id, thread_id, id desc) where thread_id is not null;

create function app.usage_logs_costs() returns trigger
language plpgsql
as $$
declare
    price model_prices;
begin
    select * into price from model_prices p where p.tenant_id = new.tenant_id and p.model = new.model;
    new.cost_input := coalesce(new.cost_input, app.token_cost(new.tokens_input, price.input_price));
    new.cost_output := coalesce(new.cost_output, app.token_cost(new.tokens_output, price.output_price));
    return new;
end
$$;
create trigger usage_logs_costs before insert on usage_logs
    for each row when (new.cost_input is null or new.cost_output is null) execute function app.usage_logs_costs();

call app.protect_append_only('usage_logs');
call app.logged('usage_logs', 'usage_log', parent => 'user_id', routing => '{user_id}');

-- What others use is seen by those whose job it is. Triggers count for whoever writes.
create procedure app.own_or_in_scope(target regclass)
language plpgsql
as $$
declare
    condition constant text :=
        'user_id = (select nullif(current_setting(''app.user_id'', true), '''')::uuid) '
        'or (select app.in_scope(''users'')) or (select pg_trigger_depth() > 0)';
begin
    execute format(
        'create policy own_or_in_scope on %1$s as restrictive to mostrador_api using (%2$s) with check (%2$s)',
        target, condition
    );
end
$$;
comment on procedure app.own_or_in_scope(regclass) is
    'For a table with user_id: others see the rows only when the transaction has "users" in its scope.';
call app.own_or_in_scope('usage_logs');
call app.monthly('usage_logs', kept => '1 year');

-- Months -------------------------------------------------------------------------------------------------------------

create table monthly_usage (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null,
    year integer not null,
    month integer not null,
    total_messages integer not null default 0,
    total_tokens bigint not null default 0,
    total_cost numeric(14, 6) not null default 0,
    agent_usage jsonb not null default '{}',
    limit_messages integer,
    limit_tokens bigint,
    exceeded_limit boolean not null generated always as (
        coalesce(total_messages >= limit_messages, false) or coalesce(total_tokens >= limit_tokens, false)
    ) stored,
    constraint monthly_usage_pkey primary key (tenant_id, id),
    constraint monthly_usage_user_id_year_month_key unique (tenant_id, user_id, year, month),
    constraint monthly_usage_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint monthly_usage_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint monthly_usage_year_check check (year between 2000 and 9999),
    constraint monthly_usage_month_check check (month between 1 and 12),
    constraint monthly_usage_total_messages_check check (total_messages >= 0),
    constraint monthly_usage_total_tokens_check check (total_tokens >= 0),
    constraint monthly_usage_total_cost_check check (total_cost >= 0),
    constraint monthly_usage_limit_messages_check check (limit_messages >= 0),
    constraint monthly_usage_limit_tokens_check check (limit_tokens >= 0)
);
comment on table monthly_usage is 'What a user used in a month, and may use. Stays when the logs are dropped.';
comment on column monthly_usage.total_messages is 'Calls of models.';
comment on column monthly_usage.agent_usage is 'By slug of the agent: {"sales": {"messages": 3, "tokens": 812}}.';
comment on column monthly_usage.limit_messages is 'Null: no limit. A new month begins with those of the last one.';
comment on constraint monthly_usage_user_id_year_month_key on monthly_usage is 'The user has this month already.';
comment on constraint monthly_usage_year_check on monthly_usage is 'A year has four digits.';
comment on constraint monthly_usage_month_check on monthly_usage is 'A month goes from 1 to 12.';
comment on constraint monthly_usage_total_messages_check on monthly_usage is 'A number of messages is not negative.';
comment on constraint monthly_usage_total_tokens_check on monthly_usage is 'A number of tokens is not negative.';
comment on constraint monthly_usage_total_cost_check on monthly_usage is 'A cost is not negative.';
comment on constraint monthly_usage_limit_messages_check on monthly_usage is 'A limit is not negative.';
comment on constraint monthly_usage_limit_tokens_check on monthly_usage is 'A limit is not negative.';
create index monthly_usage_year_month_idx on monthly_usage (tenant_id, year, month);

create function app.monthly_usage_limits() returns trigger
language plpgsql
as $$
begin
    select m.limit_messages, m.limit_tokens
    into new.limit_messages, new.limit_tokens
    from monthly_usage m
    where m.tenant_id = new.tenant_id and m.user_id = new.user_id and (m.year, m.month) < (new.year, new.month)
    order by m.year desc, m.month desc
    limit 1;
    return new;
end
$$;
create trigger monthly_usage_limits before insert on monthly_usage
    for each row when (new.limit_messages is null and new.limit_tokens is null)
    execute function app.monthly_usage_limits();

call app.protect('monthly_usage');
call app.own_or_in_scope('monthly_usage');
call app.versioned('monthly_usage', ignored => '{total_messages, total_tokens, total_cost, agent_usage}');
call app.fixed('monthly_usage', '{user_id, year, month}');
call app.logged('monthly_usage', 'monthly_usage', parent => 'user_id', routing => '{user_id}');

-- Alerts -------------------------------------------------------------------------------------------------------------

create table usage_alerts (
    id uuid not null default app.uuid_v7(),
    tenant_id uuid not null default nullif(current_setting('app.tenant_id', true), '')::uuid,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    user_id uuid not null,
    type text not null,
    threshold integer not null,
    year integer not null,
    month integer not null,
    triggered boolean not null default false,
    triggered_at timestamptz,
    constraint usage_alerts_pkey primary key (tenant_id, id),
    constraint usage_alerts_user_id_type_threshold_year_month_key
        unique (tenant_id, user_id, type, threshold, year, month),
    constraint usage_alerts_tenant_id_fkey foreign key (tenant_id) references tenants on delete restrict,
    constraint usage_alerts_user_id_fkey foreign key (tenant_id, user_id) references users on delete cascade,
    constraint usage_alerts_type_check check (type in ('MESSAGES', 'TOKENS', 'STORAGE')),
    constraint usage_alerts_threshold_check check (threshold in (80, 90, 100)),
    constraint usage_alerts_year_check check (year between 2000 and 9999),
    constraint usage_alerts_month_check check (month between 1 and 12),
    constraint usage_alerts_triggered_triggered_at_check check (triggered = (triggered_at is not null))
);
comment on table usage_alerts is 'That a user has come near a limit: once for each threshold and month.';
comment on column usage_alerts.threshold is 'Percent of the limit.';
comment on constraint usage_alerts_user_id_type_threshold_year_month_key on usage_alerts is
    'There is already such an alert.';
comment on constraint usage_alerts_type_check on usage_alerts is 'An alert is about MESSAGES, TOKENS or STORAGE.';
comment on constraint usage_alerts_threshold_check on usage_alerts is 'A threshold is 80, 90 or 100 percent.';
comment on constraint usage_alerts_year_check on usage_alerts is 'A year has four digits.';
comment on constraint usage_alerts_month_check on usage_alerts is 'A month goes from 1 to 12.';
comment on constraint usage_alerts_triggered_triggered_at_check on usage_alerts is
    'An alert that went off says when, and no other.';

call app.protect('usage_alerts');
call app.own_or_in_scope('usage_alerts');
call app.versioned('usage_alerts');
call app.fixed('usage_alerts', '{user_id, type, threshold, year, month}');
call app.logged('usage_alerts', 'usage_alert', parent => 'user_id', routing => '{user_id}');

create function app.raise_usage_alerts(
    tenant uuid, "user" uuid, kind text, used bigint, allowed bigint, in_year integer, in_month integer
) returns void
language sql
as $$
    insert into usage_alerts (tenant_id, user_id, type, threshold, year, month, triggered, triggered_at)
    select tenant, "user", kind, t.percent, in_year, in_month, true, now()
    from unnest(array[80, 90, 100]) as t (percent)
    where used * 100 >= allowed * t.percent
    order by t.percent
    on conflict (tenant_id, user_id, type, threshold, year, month)
        do update set triggered = true, triggered_at = excluded.triggered_at
        where not usage_alerts.triggered
$$;
comment on function app.raise_usage_alerts(uuid, uuid, text, bigint, bigint, integer, integer) is
    'Sets off the alerts of a kind (MESSAGES, TOKENS, STORAGE) whose thresholds are reached; those of this month that '
    'went off already stay as they are. allowed: the limit, null for none. For triggers.';

create function app.monthly_usage_alerts() returns trigger
language plpgsql
as $$
begin
    perform app.raise_usage_alerts(
        new.tenant_id, new.user_id, 'MESSAGES', new.total_messages, new.limit_messages, new.year, new.month
    );
    perform app.raise_usage_alerts(
        new.tenant_id, new.user_id, 'TOKENS', new.total_tokens, new.limit_tokens, new.year, new.month
    );
    return null;
end
$$;
-- A month that has been used; a limit of nothing is told when somebody comes up against it.
create trigger monthly_usage_alerts
    after insert or update of total_messages, total_tokens, limit_messages, limit_tokens on monthly_usage
    for each row
    when (new.total_messages > 0 and (new.limit_messages is not null or new.limit_tokens is not null))
    execute function app.monthly_usage_alerts();

-- Sums ---------------------------------------------------------------------------------------------------------------

create function app.add_agent_usage(sums jsonb, more jsonb) returns jsonb
language sql immutable strict parallel safe
as $$
    select sums || coalesce(jsonb_object_agg(
        m.key,
        jsonb_build_object(
            'messages', coalesce((sums -> m.key ->> 'messages')::bigint, 0) + (m.value ->> 'messages')::bigint,
            'tokens', coalesce((sums -> m.key ->> 'tokens')::bigint, 0) + (m.value ->> 'tokens')::bigint
        )
    ), '{}')
    from jsonb_each(more) as m
$$;

create function app.usage_logs_inserted() returns trigger
language plpgsql
as $$
begin
    -- Users, months, agents, each by id: whoever counts locks in the same order.
    perform
    from users u
    where (u.tenant_id, u.id) in (select i.tenant_id, i.user_id from inserted i)
    order by u.tenant_id, u.id
    for no key update;
    update users u
    set total_tokens_used = u.total_tokens_used + m.tokens
    from (select tenant_id, user_id, sum(total_tokens) as tokens from inserted group by tenant_id, user_id) m
    where u.tenant_id = m.tenant_id and u.id = m.user_id and m.tokens > 0;

    insert into monthly_usage as kept
        (tenant_id, user_id, year, month, total_messages, total_tokens, total_cost, agent_usage)
    select b.tenant_id, b.user_id, b.year, b.month, sum(b.messages), sum(b.tokens), sum(b.cost),
           coalesce(
               jsonb_object_agg(b.slug, jsonb_build_object('messages', b.messages, 'tokens', b.tokens))
                   filter (where b.slug is not null),
               '{}'
           )
    from (
        select i.tenant_id, i.user_id,
               extract(year from i.occurred_at at time zone 'UTC')::integer as year,
               extract(month from i.occurred_at at time zone 'UTC')::integer as month,
               a.slug, count(*) as messages, sum(i.total_tokens) as tokens, sum(i.total_cost) as cost
        from inserted i
        left join ai_agents a on a.tenant_id = i.tenant_id and a.id = i.agent_id
        group by 1, 2, 3, 4, 5
    ) b
    group by b.tenant_id, b.user_id, b.year, b.month
    order by b.tenant_id, b.user_id, b.year, b.month
    on conflict (tenant_id, user_id, year, month) do update
    set total_messages = kept.total_messages + excluded.total_messages,
        total_tokens = kept.total_tokens + excluded.total_tokens,
        total_cost = kept.total_cost + excluded.total_cost,
        agent_usage = app.add_agent_usage(kept.agent_usage, excluded.agent_usage);

    perform
    from ai_agents a
    where (a.tenant_id, a.id) in (select i.tenant_id, i.agent_id from inserted i)
    order by a.tenant_id, a.id
    for no key update;
    update ai_agents a
    set total_uses = a.total_uses + m.uses
    from (
        select tenant_id, agent_id, count(*) as uses from inserted where agent_id is not null group by tenant_id, agent_id
    ) m
    where a.tenant_id = m.tenant_id and a.id = m.agent_id;
    return null;
end
$$;
create trigger usage_logs_inserted after insert on usage_logs
    referencing new table as inserted
    for each statement execute function app.usage_logs_inserted();

-- Limits -------------------------------------------------------------------------------------------------------------

create function app.ai_requests_within_limits() returns trigger
language plpgsql
as $$
declare
    today constant date := (now() at time zone 'UTC')::date;
    used monthly_usage;
    open_requests bigint;
    open_tokens bigint;
begin
    insert into monthly_usage (tenant_id, user_id, year, month)
    values (new.tenant_id, new.user_id, extract(year from today), extract(month from today))
    on conflict (tenant_id, user_id, year, month) do nothing;
    -- One after the other: two requests for the last message of the month would both be told that it is there.
    select * into used
    from monthly_usage m
    where m.tenant_id = new.tenant_id and m.user_id = new.user_id
      and m.year = extract(year from today) and m.month = extract(month from today)
    for no key update;
    if used.limit_messages is null and used.limit_tokens is null then
        return new;
    end if;
    -- What is under way counts as used: the answers may come at any moment.
    select count(*), coalesce(sum(r.reserved_tokens), 0)
    into open_requests, open_tokens
    from ai_requests r
    where r.tenant_id = new.tenant_id and r.user_id = new.user_id and r.status in ('QUEUED', 'PROCESSING')
      and r.id <> new.id;
    if used.total_messages + open_requests >= used.limit_messages then
        perform app.refuse(
            'QUOTA_EXCEEDED', null, 'Your messages to assistants of this month are used up.',
            jsonb_build_object(
                'limit', used.limit_messages, 'used', used.total_messages, 'underWay', open_requests, 'of', 'MESSAGES'
            )
        );
    end if;
    if used.total_tokens + open_tokens >= used.limit_tokens then
        perform app.refuse(
            'QUOTA_EXCEEDED', null, 'Your tokens for assistants of this month are used up.',
            jsonb_build_object(
                'limit', used.limit_tokens, 'used', used.total_tokens, 'underWay', open_tokens, 'of', 'TOKENS'
            )
        );
    end if;
    return new;
end
$$;
comment on function app.ai_requests_within_limits() is
    'Nothing is asked of a model once the limits of the month are reached, whoever asks.';
create trigger ai_requests_within_limits before insert on ai_requests
    for each row when (new.status in ('QUEUED', 'PROCESSING')) execute function app.ai_requests_within_limits();
create trigger ai_requests_within_limits_again before update of status on ai_requests
    for each row when (old.status = 'FAILED' and new.status = 'QUEUED')
    execute function app.ai_requests_within_limits();
