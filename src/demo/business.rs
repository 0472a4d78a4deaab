//! Tells the whole story of one firm: every row of one tenant, from its
//! number, its size and the moment that counts as now.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::appointments::{self, AppointmentRow, CallRow};
use super::assistants::{self, Assistants};
use super::campaigns::{self, BatchRow, CampaignRow};
use super::contact_fields::{self, FieldRow, StatusRow};
use super::contacts::{self, ContactRow, StatusChangeRow};
use super::conversations::{self, Inbox};
use super::deals;
use super::desk::{self, Desk};
use super::files::{self, Files};
use super::firm::{self, Firm, LocationRow, SettingsRow, TenantRow, Trade, UserRow};
use super::health::{self, Health};
use super::home_papers::{self, AnalysisRow, MediaRow};
use super::homes::{self, PropertyRow};
use super::ids::Ids;
use super::invitations::{self, Invited};
use super::knowledge::{self, Knowledge};
use super::leads::{self, ActivityRow, InterestRow, LeadRow};
use super::logistics::{self, Logistics};
use super::logistics_catalogues::{self, Catalogues};
use super::money::{self, Money};
use super::notes::{self, Notes};
use super::office::Office;
use super::plan::Size;
use super::replies::{self, ReplyRow};
use super::roles::{self, Roles};
use super::sales::{self, SaleRow};
use super::stock::{self, BrandRow, EngineTypeRow, MovementRow, VehicleRow};
use super::tags::{self, TagRow};
use super::tasks::{self, InteractionRow, TaskRow};
use super::teams::{self, Records, Teams};
use super::templates::{self, TemplateRow};

/// All rows of a tenant.
#[derive(Debug)]
pub(crate) struct Business {
    pub(crate) tenant: TenantRow,
    pub(crate) settings: SettingsRow,
    pub(crate) users: Vec<UserRow>,
    pub(crate) locations: Vec<LocationRow>,
    pub(crate) statuses: Vec<StatusRow>,
    pub(crate) fields: Vec<FieldRow>,
    pub(crate) contacts: Vec<ContactRow>,
    pub(crate) status_changes: Vec<StatusChangeRow>,
    pub(crate) leads: Vec<LeadRow>,
    pub(crate) activities: Vec<ActivityRow>,
    pub(crate) interactions: Vec<InteractionRow>,
    pub(crate) tasks: Vec<TaskRow>,
    pub(crate) tags: Vec<TagRow>,
    pub(crate) templates: Vec<TemplateRow>,
    pub(crate) inbox: Inbox,
    pub(crate) calls: Vec<CallRow>,
    pub(crate) appointments: Vec<AppointmentRow>,
    pub(crate) campaigns: Vec<CampaignRow>,
    pub(crate) batches: Vec<BatchRow>,
    pub(crate) brands: Vec<BrandRow>,
    pub(crate) engines: Vec<EngineTypeRow>,
    pub(crate) vehicles: Vec<VehicleRow>,
    pub(crate) movements: Vec<MovementRow>,
    pub(crate) properties: Vec<PropertyRow>,
    pub(crate) media: Vec<MediaRow>,
    pub(crate) analyses: Vec<AnalysisRow>,
    pub(crate) interests: Vec<InterestRow>,
    pub(crate) sales: Vec<SaleRow>,
    pub(crate) invited: Invited,
    pub(crate) roles: Roles,
    pub(crate) teams: Teams,
    pub(crate) notes: Notes,
    pub(crate) replies: Vec<ReplyRow>,
    pub(crate) catalogues: Catalogues,
    pub(crate) logistics: Logistics,
    pub(crate) files: Files,
    pub(crate) knowledge: Knowledge,
    pub(crate) assistants: Assistants,
    pub(crate) personal: Option<Personal>,
    pub(crate) desk: Desk,
}

/// What one person of the firm keeps about themselves.
#[derive(Debug)]
pub(crate) struct Personal {
    pub(crate) owner: Uuid,
    pub(crate) health: Health,
    pub(crate) money: Money,
}

impl Business {
    /// Tells the story of the firm with this number.
    pub(crate) fn invent(number: usize, size: Size, today: DateTime<Utc>) -> Self {
        let firm = Firm::numbered(number);
        let mut ids = Ids::for_tenant(number);
        let (tenant, settings) = firm::tenant(&firm, &mut ids);
        let mut users = firm::users(&firm, &mut ids, today);
        let agents: Vec<&UserRow> = users.iter().filter(|user| user.role == "AGENT" && user.is_active).collect();
        let agent_ids: Vec<Uuid> = agents.iter().map(|agent| agent.id).collect();
        let locations = firm::locations(&firm, &mut ids);
        let statuses = contact_fields::statuses(&firm, &mut ids);
        let fields = contact_fields::fields(&firm, &mut ids);
        let tags = tags::tags(&firm, &mut ids);
        let templates = templates::rows(&firm, &mut ids);

        let (listings, deals) = deals::plan(firm.trade, number, size.sales, today);
        let (mut brands, mut engines, mut vehicles, mut movements) = (vec![], vec![], vec![], vec![]);
        let (mut properties, mut media, mut analyses) = (vec![], vec![], vec![]);
        let offers = match firm.trade {
            Trade::Dealership => {
                (brands, engines) = stock::catalogues(&mut ids);
                let stock = stock::vehicles(&firm, &listings, &deals, (&brands, &engines), &mut ids, today);
                vehicles = stock.0;
                movements = stock::movements(&vehicles, &listings, &deals, &users, &mut ids, today);
                stock.1
            }
            Trade::Agency => {
                let homes = homes::properties(&firm, &listings, &deals, &agent_ids, &mut ids);
                properties = homes.0;
                media = home_papers::media(&firm, &properties, &mut ids);
                analyses = home_papers::analyses(&firm, &properties, &mut ids, today);
                homes.1
            }
        };

        let mut people = contacts::people(&firm, size.contacts, agents.len(), &mut ids, today);
        let bought = sales::buyers(number, &mut people, &deals);
        let office = Office {
            firm: &firm,
            today,
            users: &users,
            agents,
            locations: &locations,
            templates: &templates,
            tags: &tags,
            offers: &offers,
            deals: &deals,
            people: &people,
            bought: &bought,
        };
        let inbox = conversations::inbox(&office, size.conversations, size.messages, &mut ids);
        let (appointments, calls) = appointments::calendar(&office, &inbox.visits, size.contacts / 5, &mut ids);
        let (leads, activities) = leads::leads(&office, &mut ids);
        let interactions = tasks::interactions(&office, &mut ids);
        let tasks = tasks::tasks(&office, size.contacts / 10, &mut ids);
        let (campaigns, batches) = campaigns::campaigns(&office, &mut ids);
        let sales = sales::sales(&office, &mut ids);
        let interests = match firm.trade {
            Trade::Dealership => Vec::new(),
            Trade::Agency => leads::interests(&office, &mut ids),
        };
        let status_changes = contacts::history(&people, &statuses, &agent_ids, &mut ids, today);
        let touched = last_contacted(&inbox, &interactions, &calls);
        let last: Vec<_> = people.iter().map(|person| touched.get(&person.id).copied()).collect();
        let mut contacts = contacts::rows(&firm, &people, &statuses, &agent_ids, &last);
        let records = Records { contacts: &mut contacts, leads: &leads, tasks: &tasks, properties: &properties };
        let teams = teams::teams(&firm, &mut users, records, &mut ids);
        let roles = roles::roles(&firm, &users, &mut ids);
        let invited = invitations::invited(&firm, &users, &mut ids, today);
        let notes = notes::notes((number, &firm), &inbox.conversations, &users, today, &mut ids);
        let replies = replies::replies(&firm, &teams.teams, &users, &mut ids);
        let catalogues = logistics_catalogues::catalogues(&firm, &users, &teams.groups, &brands, &mut ids);
        let files = files::files(&firm, tenant.id, &users, &mut ids, today);
        let knowledge = knowledge::knowledge(&firm, &users, &mut ids, today);
        let assistants = assistants::assistants(&firm, &users, &mut ids, today);
        let logistics = logistics::logistics(&firm, &catalogues, (&users, &vehicles), &mut ids, today);
        // Of the first two firms somebody keeps them; one person is enough to look at.
        let keeper = agent_ids.first().filter(|_| number < 2);
        let personal = keeper.map(|owner| Personal {
            owner: *owner,
            health: health::health((number, &firm), *owner, today, &mut ids),
            money: money::money((number, &firm), *owner, today, &mut ids),
        });
        let desk = desk::desk(&firm, (&users, &properties), &mut ids, today);
        Self {
            tenant,
            desk,
            settings,
            files,
            knowledge,
            assistants,
            personal,
            locations,
            catalogues,
            logistics,
            fields,
            contacts,
            status_changes,
            leads,
            activities,
            interactions,
            tasks,
            inbox,
            calls,
            appointments,
            campaigns,
            batches,
            brands,
            engines,
            vehicles,
            movements,
            notes,
            properties,
            media,
            analyses,
            interests,
            invited,
            replies,
            sales,
            statuses,
            roles,
            tags,
            teams,
            templates,
            users,
        }
    }
}

/// The latest touch of each contact: outbound messages, interactions, completed
/// calls. The triggers of those rows find it there already and need not write
/// each contact several times, which halves the time of a load.
fn last_contacted(inbox: &Inbox, interactions: &[InteractionRow], calls: &[CallRow]) -> BTreeMap<Uuid, DateTime<Utc>> {
    let contact_of: BTreeMap<Uuid, Uuid> = inbox.conversations.iter().map(|row| (row.id, row.contact_id)).collect();
    let outbound = inbox.messages.iter().filter(|row| row.sender_type == "USER");
    let written = outbound.filter_map(|row| Some((*contact_of.get(&row.conversation_id)?, row.created_at)));
    let noted = interactions.iter().map(|row| (row.contact_id, row.occurred_at));
    let called = calls.iter().filter(|row| row.state == "COMPLETED").map(|row| (row.contact_id, row.called_at));
    let mut latest = BTreeMap::new();
    for (contact, at) in written.chain(noted).chain(called) {
        latest.entry(contact).and_modify(|known: &mut DateTime<Utc>| *known = (*known).max(at)).or_insert(at);
    }
    latest
}
