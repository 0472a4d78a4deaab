create or replace function app.contact_of(
    channel text, addresses text[], phones text[], email text, name text
) returns uuid
language plpgsql
as $$
#variable_conflict use_variable
declare
    tenant constant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
    found_id uuid;
begin
    -- In one order for everybody, so that two who know several addresses do not wait for each other.
    insert into contact_addresses (tenant_id, channel, address)
    select tenant, channel, a from unnest(addresses) as a group by a order by a
    on conflict on constraint contact_addresses_pkey do nothing;
    -- From here on, whoever else writes from one of them waits.
    perform from contact_addresses c
    where c.tenant_id = tenant and c.channel = channel and c.address = any (addresses)
    order by c.address
    for update;

    select c.contact_id
    into found_id
    from contact_addresses c
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id and p.deleted_at is null
    where c.tenant_id = tenant and c.channel = channel and c.address = any (addresses)
    order by array_position(addresses, c.address)
    limit 1;
    while found_id is null loop
        select p.id
        into found_id
        from contacts p
        where p.tenant_id = tenant
          and p.deleted_at is null
          and (p.phone = any (phones) or lower(p.email) = lower(email))
        order by array_position(phones, p.phone) nulls last, p.id
        limit 1;
        exit when found_id is not null;
        insert into contacts (tenant_id, display_name, phone, email)
        values (tenant, coalesce(name, phones[1], email, addresses[1]), phones[1], email)
        on conflict do nothing
        returning id into found_id;
        -- Else somebody was faster, and the next round finds what they made.
    end loop;

    -- A deleted contact keeps nothing that would lead new messages to it.
    update contact_addresses c
    set contact_id = found_id
    where c.tenant_id = tenant
      and c.channel = channel
      and c.address = any (addresses)
      and c.contact_id is distinct from found_id
      and not exists (
          select from contacts p where p.tenant_id = tenant and p.id = c.contact_id and p.deleted_at is null
      );
    return found_id;
end
$$;
