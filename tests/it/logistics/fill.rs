//! The rows of a random yard.

use std::fmt::Write as _;

use super::model::{BRANDS, DEALERSHIPS, DIMENSIONS, SERVICES, Yard, link, null};

impl Yard {
    /// SQL for a superuser that makes this yard inside of an existing tenant, past the rules: rows that nobody could ask
    /// for, such as vehicles without a dealership, must be told apart as well.
    pub(super) fn sql(&self) -> String {
        let tenant = self.tenant;
        let mut sql = String::new();
        let mut add = |line: String| writeln!(sql, "{line};").unwrap();
        let [dealerships, brands, services] = &self.things;
        for (number, id) in dealerships.iter().enumerate() {
            add(format!(
                "insert into dealerships (id, tenant_id, name) values ('{id}', '{tenant}', 'Dealer {number}')"
            ));
        }
        for (number, id) in brands.iter().enumerate() {
            add(format!("insert into brands (id, tenant_id, name) values ('{id}', '{tenant}', 'Brand {number}')"));
        }
        for (number, id) in services.iter().enumerate() {
            add(format!(
                "insert into service_types (id, tenant_id, name) values ('{id}', '{tenant}', 'Service {number}')"
            ));
        }
        for (number, id) in self.codes.iter().enumerate() {
            add(format!("insert into hst_codes (id, tenant_id, code) values ('{id}', '{tenant}', 'HST-{number}')"));
        }
        for (number, group) in self.groups.iter().enumerate() {
            let (id, is_active) = (group.id, group.is_active);
            add(format!(
                "insert into user_groups (id, tenant_id, name, is_active) values ('{id}', '{tenant}', 'Group {number}', {is_active})"
            ));
            for dealership in &group.dealerships {
                let dealership = dealerships[*dealership];
                add(link(true, tenant, ("user_group_dealerships", "group_id", "dealership_id"), (id, dealership)));
            }
            for code in &group.codes {
                add(link(true, tenant, ("user_group_hst_codes", "group_id", "hst_code_id"), (id, self.codes[*code])));
            }
        }
        for (number, user) in self.users.iter().enumerate() {
            let (id, group) = (user.id, null(user.group.map(|group| self.groups[group].id)));
            add(format!(
                "insert into users (id, tenant_id, email, role, is_first_login, group_id) values ('{id}', '{tenant}', '{number}@yard.test', 'EMPLOYEE', false, {group})"
            ));
            let Some(profile) = &user.profile else { continue };
            let [all_dealerships, all_brands, all_service_types] = profile.all;
            let profile_id = profile.id;
            add(format!(
                "insert into logistics_profiles (id, tenant_id, user_id, all_dealerships, all_brands, all_service_types) values ('{profile_id}', '{tenant}', '{id}', {all_dealerships}, {all_brands}, {all_service_types})"
            ));
            for (dimension, (_, table, column, _)) in DIMENSIONS.into_iter().enumerate() {
                for thing in &profile.lists[dimension] {
                    let thing = self.things[dimension][*thing];
                    add(link(true, tenant, (table, "profile_id", column), (profile_id, thing)));
                }
            }
            for code in &profile.codes {
                let code = self.codes[*code];
                add(link(
                    true,
                    tenant,
                    ("logistics_profile_hst_codes", "profile_id", "hst_code_id"),
                    (profile_id, code),
                ));
            }
        }
        for group in self.groups.iter().filter(|group| group.is_deleted) {
            add(format!("update user_groups set deleted_at = now() where id = '{}'", group.id));
        }
        add("set session_replication_role = replica".to_owned());
        let user = |user: Option<usize>| null(user.map(|user| self.users[user].id));
        let thing = |of: usize, thing: Option<usize>| null(thing.map(|thing| self.things[of][thing]));
        for (number, request) in self.requests.iter().enumerate() {
            let (id, made_by) = (request.id, user(request.made_by));
            add(format!(
                "insert into logistics_requests (id, tenant_id, created_by_id, code, type) values ('{id}', '{tenant}', {made_by}, 'LR-{number}', 'TRANSPORT')"
            ));
            add(format!(
                "insert into logistics_request_documents (id, tenant_id, request_id, file_name, storage_path) values ('{}', '{tenant}', '{id}', 'x', 'Transport/x')",
                request.document
            ));
            add(format!(
                "insert into logistics_status_changes (id, tenant_id, request_id, new_status) values ('{}', '{tenant}', '{id}', 'PENDING')",
                request.change
            ));
        }
        for (number, line) in self.lines.iter().enumerate() {
            let request = &self.requests[line.request];
            add(format!(
                "insert into logistics_request_lines (id, tenant_id, request_id, requested_by_id, created_by_id, origin_dealership_id, destination_dealership_id, brand_id, service_type_id, vin, status, deleted_at)
                 values ('{}', '{tenant}', '{}', {}, {}, {}, {}, {}, {}, 'VSSZZZKLZPR{number:06}', 'PENDING', {})",
                line.id,
                request.id,
                user(request.made_by),
                user(line.added_by),
                thing(DEALERSHIPS, line.origin),
                thing(DEALERSHIPS, line.destination),
                thing(BRANDS, line.brand),
                thing(SERVICES, line.service),
                if line.is_deleted { "now()" } else { "null" }
            ));
        }
        for transfer in &self.transfers {
            add(format!(
                "insert into ownership_transfers (id, tenant_id, user_id, origin_dealership_id, destination_dealership_id, vin) values ('{}', '{tenant}', {}, {}, {}, 'VSSZZZKLZPR000001')",
                transfer.id,
                user(transfer.user),
                thing(DEALERSHIPS, transfer.origin),
                thing(DEALERSHIPS, transfer.destination)
            ));
        }
        for allocation in &self.allocations {
            let code = null(allocation.code.map(|code| self.codes[code]));
            add(format!(
                "insert into sub_allocations (id, tenant_id, user_id, hst_code_id, vin) values ('{}', '{tenant}', {}, {code}, 'VSSZZZKLZPR000001')",
                allocation.id,
                user(allocation.user)
            ));
        }
        add("reset session_replication_role".to_owned());
        sql
    }
}
