-- Written by `UPDATE_SNAPSHOTS=1 cargo test --test it plans`.

select t0.id, t0.display_name, t0.phone, t0.email, t0.nurture_status, t0.lead_score, t0.is_active, t0.created_at
  from contacts t0
  where t0.tenant_id = $1 and t0.id = $2 and t0.deleted_at is null;
