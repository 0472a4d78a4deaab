-- What triggers have stamped with the present moment ------------------------------------------------------------------

set session_replication_role = replica;
update users set group_id = pg_temp.id('band1') where id = pg_temp.id('jan');
update contacts set team_id = pg_temp.id('desk1') where id = pg_temp.id('german');

update tenant_settings set version = 1, updated_at = created_at;
update conversations set assigned_at = created_at where assigned_to_id is not null;
update vehicles set version = 1, updated_at = created_at;
update properties set version = 1, updated_at = created_at;
update users set version = 2, updated_at = deleted_at where deleted_at is not null;
update contacts set version = 2, updated_at = deleted_at where deleted_at is not null;
update engine_types set version = 2, updated_at = deleted_at where deleted_at is not null;

update inventory_movements m
set id = pg_temp.id(v.name), movement_date = v.moment, created_at = v.moment
from (values
    (pg_temp.id('megane'), 'RESERVATION', 'rsrv1', timestamptz '2026-02-15T10:00Z'),
    (pg_temp.id('passat'), 'SALE', 'sa1e1', timestamptz '2026-01-21T10:00Z'),
    (pg_temp.id('passat'), 'DELIVERY', 'dvry1', timestamptz '2026-01-28T10:00Z')
) as v (vehicle_id, movement_type, name, moment)
where m.vehicle_id = v.vehicle_id and m.movement_type = v.movement_type;

-- Invitations in every state, and tokens sent by mail.
insert into invitations (id, tenant_id, created_at, updated_at, email, role, token_hash, status, expires_at, invited_by_id, accepted_by_id) values
    (pg_temp.id('rsvp1'), pg_temp.id('cars'), '2026-02-27T10:00Z', '2026-02-27T10:00Z', 'tomas@autos.test', 'AGENT', sha256('invitation 1'), 'PENDING', '2026-03-06T10:00Z', pg_temp.id('ana'), null),
    (pg_temp.id('rsvp2'), pg_temp.id('cars'), '2026-01-01T08:01Z', '2026-01-01T08:02Z', 'jan@autos.test', 'AGENT', sha256('invitation 2'), 'ACCEPTED', '2026-01-08T08:01Z', pg_temp.id('ana'), pg_temp.id('jan')),
    (pg_temp.id('rsvp3'), pg_temp.id('cars'), '2026-02-01T10:00Z', '2026-02-02T10:00Z', 'wrong@autos.test', 'EMPLOYEE', sha256('invitation 3'), 'REVOKED', '2026-02-08T10:00Z', pg_temp.id('ana'), null),
    (pg_temp.id('rsvp4'), pg_temp.id('cars'), '2026-01-20T10:00Z', '2026-01-27T10:00Z', 'tomas@autos.test', 'AGENT', sha256('invitation 4'), 'EXPIRED', '2026-01-27T10:00Z', null, null),
    (pg_temp.id('casarsvp'), pg_temp.id('casas'), '2026-02-27T10:00Z', '2026-02-27T10:00Z', 'tomas@casas.test', 'AGENT', sha256('invitation 5'), 'PENDING', '2026-03-06T10:00Z', pg_temp.id('eva'), null);

insert into verification_tokens (id, tenant_id, created_at, updated_at, identifier, purpose, locale, token_hash, expires_at, consumed_at, user_id) values
    (pg_temp.id('pr00f1'), pg_temp.id('cars'), '2026-01-01T08:03Z', '2026-01-01T08:10Z', 'ana@autos.test', 'EMAIL_VERIFICATION', 'es', sha256('token 1'), '2026-01-02T08:03Z', '2026-01-01T08:10Z', pg_temp.id('ana')),
    (pg_temp.id('pr00f2'), pg_temp.id('cars'), '2026-03-02T09:00Z', '2026-03-02T09:00Z', 'jan@autos.test', 'PASSWORD_RESET', 'en', sha256('token 2'), '2026-03-02T10:00Z', null, pg_temp.id('jan')),
    (pg_temp.id('casapr00f'), pg_temp.id('casas'), '2026-03-02T09:00Z', '2026-03-02T09:00Z', 'eva@casas.test', 'MAGIC_LINK', 'en', sha256('token 3'), '2026-03-02T09:15Z', null, pg_temp.id('eva'));

-- Roles came with the tenants.
create temporary table system_roles as
select r.tenant_id, r.id as was, pg_temp.id(n.name) as becomes
from roles r
join (values
    ('SUPER_ADMIN', 'rsvpr'), ('ADMIN', 'radmn'), ('EMPLOYEE', 'rempy'), ('AGENT', 'ragnt'), ('CLIENT', 'rcnt'), ('USER', 'rvser')
) as n (user_role, name) on n.user_role = r.user_role;
update roles r set id = s.becomes, created_at = '2026-01-01T08:00Z', updated_at = '2026-01-01T08:00Z'
from system_roles s where s.tenant_id = r.tenant_id and s.was = r.id;
update role_permissions g set role_id = s.becomes from system_roles s where s.tenant_id = g.tenant_id and s.was = g.role_id;
update user_roles a set role_id = s.becomes from system_roles s where s.tenant_id = a.tenant_id and s.was = a.role_id;
update role_permissions
set id = md5(tenant_id || 'grant' || role_id || permission_id)::uuid, created_at = '2026-01-01T08:00Z', updated_at = '2026-01-01T08:00Z';
update user_roles
set id = md5(tenant_id || 'assignment' || user_id || role_id)::uuid, created_at = '2026-01-01T08:05Z', updated_at = '2026-01-01T08:05Z';
update processes set created_at = '2026-01-01T08:00Z', updated_at = '2026-01-01T08:00Z';
update permissions set created_at = '2026-01-01T08:00Z', updated_at = '2026-01-01T08:00Z';

-- All of the above was written down, with the present moment. A few rows in its place.
truncate audit_logs;
insert into audit_logs (id, tenant_id, created_at, occurred_at, action, target_type, target_id, actor_id, session_id, details) values
    (pg_temp.id('seen1'), pg_temp.id('cars'), '2026-01-01T08:02Z', '2026-01-01T08:02Z', 'user.created', 'User', 'user_' || pg_temp.id('jan'), pg_temp.id('ana'), null, '{"after": {"role": "AGENT", "email": "jan@autos.test"}, "actor": {"email": "ana@autos.test"}}'),
    (pg_temp.id('seen2'), pg_temp.id('cars'), '2026-02-01T10:00Z', '2026-02-01T10:00Z', 'user.deleted', 'User', 'user_' || pg_temp.id('peter'), pg_temp.id('ana'), pg_temp.id('tab1'), '{"before": {"deletedAt": null}, "after": {"deletedAt": "2026-02-01T10:00:00+00:00"}, "actor": {"email": "ana@autos.test"}}'),
    (pg_temp.id('seen3'), pg_temp.id('cars'), '2026-02-20T10:00Z', '2026-02-20T10:00Z', 'tenant.entered', 'Tenant', 'tenant_' || pg_temp.id('cars'), null, null, '{"platformStaff": {"email": "vera@platform.test"}, "reason": "Ticket 12"}'),
    (pg_temp.id('seen4'), pg_temp.id('casas'), '2026-01-01T08:02Z', '2026-01-01T08:02Z', 'user.created', 'User', 'user_' || pg_temp.id('max'), pg_temp.id('eva'), null, '{"after": {"role": "AGENT", "email": "max@casas.test"}, "actor": {"email": "eva@casas.test"}}'),
    (pg_temp.id('seen5'), pg_temp.id('casas'), '2026-02-21T10:00Z', '2026-02-21T10:00Z', 'access.denied', 'Process', null, pg_temp.id('max'), null, '{"process": "ROLES", "right": "READ", "actor": {"email": "max@casas.test"}}');

reset session_replication_role;

-- A row that was overlooked above would make snapshots differ from day to day.
do $$
declare
    checked record;
    present boolean;
begin
    for checked in
        select c.oid::regclass as name, a.attname as moment
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'timestamptz'::regtype and not a.attisdropped
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname not like '\_\_%'
    loop
        execute format('select exists (select from %s where %I > %L)', checked.name, checked.moment, '2026-04-02Z')
        into present;
        if present then
            raise exception 'world.sql: %.% depends on when it was made', checked.name, checked.moment;
        end if;
    end loop;
end
$$;
