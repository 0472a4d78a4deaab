-- Written by `UPDATE_SNAPSHOTS=1 cargo test --test it plans`.

select t0.id, t0.display_name
  from contacts t0
  where t0.tenant_id = $1 and (t0.deleted_at is null and (t0.display_name_folded >= app.fold($2) collate "C" and t0.display_name_folded < (app.fold($3) || chr(1114111)) collate "C"))
  order by t0.display_name_folded, t0.id
  limit 26;
