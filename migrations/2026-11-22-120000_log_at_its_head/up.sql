-- A reader at the head of the log has one round to read, many times a second. Of one round nothing needs to be looked up for
-- each transaction: neither its round nor, once more, its rows.

-- One text for the log of a tenant and that of all, because they need different indexes.
do $make$
declare
    reader constant text := $reader$
create or replace function app.%1$I(
    %2$sfrom_round bigint,
    from_moment bigint,
    from_seq bigint,
    seen pg_snapshot,
    page integer
)
returns table (
    log uuid, head bigint, round bigint, moment bigint, snapshot text, base text, seq bigint, xid bigint, tenant_id uuid,
    entity text, row_id uuid, kind text, columns jsonb, parent_id uuid, routing jsonb, before jsonb, user_id uuid,
    mutation text, client_message_id uuid
)
language plpgsql stable %3$s
set enable_seqscan = off
set enable_bitmapscan = off
as $body$
#variable_conflict use_column
declare
    head_round app.change_rounds;
    last_round app.change_rounds;
    base pg_snapshot;
    reach xid8;
begin
    log := (select l.id from app.change_log l);
    select * into head_round from app.change_rounds r order by r.id desc limit 1;
    head := head_round.id;
    -- A position within a round is behind all that the round before shows.
    select b.snapshot into base
    from app.change_rounds b, app.change_rounds r
    where b.id = from_round - case when from_seq < 9223372036854775807 then 1 else 0 end
      and r.id = from_round
      and app.microseconds(r.taken_at) = from_moment;
    if base is null then
        return next;
        return;
    end if;

    -- How far one page can reach: up to the round after which there are enough changes.
    last_round := head_round;
    if head_round.id > from_round then
        select c.xid into reach
        from public.changes c
        where %4$s c.xid >= pg_snapshot_xmax(base) and c.xid < pg_snapshot_xmax(head_round.snapshot)
        order by c.xid
        offset page
        limit 1;
        if reach is not null and head_round.id > from_round + 1 then
            select * into last_round from app.change_rounds r
            where pg_snapshot_xmax(r.snapshot) > reach
            order by pg_snapshot_xmax(r.snapshot), r.id
            limit 1;
        end if;
    end if;
    round := last_round.id;
    moment := app.microseconds(last_round.taken_at);
    snapshot := last_round.snapshot::text;
    return next;

    -- Behind the end of the newest round there is nothing.
    if from_seq = 9223372036854775807 and head_round.id = from_round then
        return;
    end if;

    -- Who keeps up has one round to read: whatever is over by now and was not then is of that round.
    if from_seq = 9223372036854775807 and head_round.id = from_round + 1 and reach is null then
        return query
        select null::uuid, null::bigint, head_round.id,
               case when l.is_first then app.microseconds(head_round.taken_at) end,
               case when l.is_first then head_round.snapshot::text end,
               case when l.is_first then base::text end,
               l.seq, l.xid::text::bigint, l.tenant_id, l.entity, l.row_id, l.kind, to_jsonb(l.columns), l.parent_id,
               l.routing, l.before, l.user_id, l.mutation, l.client_message_id
        from (
            select row_number() over (order by c.seq) = 1 as is_first, c.*
            from (
                select c.*
                from public.changes c
                where %4$s c.xid >= pg_snapshot_xmax(base) and c.xid < pg_snapshot_xmax(head_round.snapshot)
                union all
                -- Under way then; each may be large.
                select c.*
                from pg_snapshot_xip(base) as x (xid)
                cross join lateral (
                    select c.* from public.changes c where %4$s c.xid = x.xid order by c.seq limit page + 1
                ) c
            ) c
            where pg_visible_in_snapshot(c.xid, head_round.snapshot)
              and (seen is null or not pg_visible_in_snapshot(c.xid, seen))
            order by c.seq
            limit page + 1
        ) l
        order by l.seq;
        return;
    end if;

    return query
    with recursive near as materialized (
        select c.xid, c.written_on
        from public.changes c
        where %4$s c.xid >= pg_snapshot_xmax(base) and c.xid < pg_snapshot_xmax(last_round.snapshot)
        order by c.xid
        limit page + 1
    ),
    -- The rest of the last round, transaction by transaction, because each may be large.
    further (xid, written_on) as (
        (select n.xid, n.written_on from near n order by n.xid desc limit 1)
        union all
        select d.xid, d.written_on
        from further f
        cross join lateral (
            select c.xid, c.written_on
            from public.changes c
            where %4$s c.xid > f.xid and c.xid < pg_snapshot_xmax(last_round.snapshot)
            order by c.xid
            limit 1
        ) d
    ),
    candidates as (
        select n.xid, n.written_on from near n
        union
        select f.xid, f.written_on from further f
        union
        -- Under way then, over by now.
        select x.xid, d.written_on
        from pg_snapshot_xip(base) as x (xid)
        cross join lateral (
            select c.written_on from public.changes c where %4$s c.xid = x.xid limit 1
        ) d
    ),
    placed as materialized (
        select k.xid, k.written_on,
               case when pg_visible_in_snapshot(k.xid, r.snapshot) then r.id else app.change_round_of(k.xid) end as id
        from candidates k
        cross join lateral (
            select o.id, o.snapshot
            from app.change_rounds o
            where pg_snapshot_xmax(o.snapshot) > k.xid and o.id > from_round - (from_seq < 9223372036854775807)::integer
            order by pg_snapshot_xmax(o.snapshot), o.id
            limit 1
        ) r
        where pg_visible_in_snapshot(k.xid, last_round.snapshot)
          and (seen is null or not pg_visible_in_snapshot(k.xid, seen))
    )
    -- What is said of a round stands with its first change, and is looked up there: joined, a plan may read all rounds.
    select null::uuid, null::bigint, l.id,
           case when l.is_first then (select app.microseconds(r.taken_at) from app.change_rounds r where r.id = l.id) end,
           case when l.is_first then (select r.snapshot::text from app.change_rounds r where r.id = l.id) end,
           case when l.is_first then (select b.snapshot::text from app.change_rounds b where b.id = l.id - 1) end,
           l.seq, l.xid::text::bigint, l.tenant_id, l.entity, l.row_id, l.kind, to_jsonb(l.columns), l.parent_id,
           l.routing, l.before, l.user_id, l.mutation, l.client_message_id
    from (
        select p.id, lag(p.id) over by_place is distinct from p.id as is_first, c.*
        from placed p
        cross join lateral (
            select c.*
            from public.changes c
            where %4$s c.written_on = p.written_on and c.xid = p.xid
              and c.seq > case when p.id = from_round then from_seq else 0 end
            order by c.seq
            limit page + 1
        ) c
        window by_place as (order by p.id, c.seq)
        order by p.id, c.seq
        limit page + 1
    ) l
    order by l.id, l.seq;
end
$body$
$reader$;
begin
    execute format(
        reader, 'changes_after', 'tenant uuid, wanted text[], part_of uuid, ', '',
        'c.tenant_id = tenant and (wanted is null or c.entity = any (wanted)) '
        'and (part_of is null or c.parent_id = part_of or c.row_id = part_of) and'
    );
    execute format(
        reader, 'all_changes_after', '', 'security definer set search_path = pg_catalog, public, pg_temp', ''
    );
end
$make$;
