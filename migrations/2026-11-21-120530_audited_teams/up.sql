-- audit: teams, groups and shares decide who sees what, so they are written down.

create function app.describe_team_member(one jsonb) returns jsonb
language sql stable
as $$
    select jsonb_build_object('user', u.email, 'team', m.name)
    from (select (one ->> 'tenant_id')::uuid as tenant_id) t
    left join public.users u on u.tenant_id = t.tenant_id and u.id = (one ->> 'user_id')::uuid
    left join public.teams m on m.tenant_id = t.tenant_id and m.id = (one ->> 'team_id')::uuid
$$;

call app.audited('user_groups', 'UserGroup', '{
    "insert": "user_group.created", "update": "user_group.changed", "delete": "user_group.purged",
    "columns": {"deleted_at": {"null": "user_group.restored", "*": "user_group.deleted"}}
}', ignored => '{deleted_by_id}');
call app.audited('teams', 'Team', '{
    "insert": "team.created", "update": "team.changed", "delete": "team.purged",
    "columns": {"deleted_at": {"null": "team.restored", "*": "team.deleted"}}
}', ignored => '{deleted_by_id}');
call app.audited('team_members', 'Team', '{
    "insert": "team.member_added", "update": "team.member_changed", "delete": "team.member_removed"
}', target_column => 'team_id', describe => 'describe_team_member');
call app.audited('resource_shares', 'ResourceShare', '{
    "insert": "resource_share.created", "update": "resource_share.changed", "delete": "resource_share.removed"
}', describe => 'describe_team_member');
