//! The job that opens a conversation when it has slept long enough. The database queues it with the snooze, so it is done
//! for those of psql as well.

use entity::sql::{Bind, Sql};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::jobs::{Effects, Job, JobError, JobKind};

/// Opens a conversation whose time has come.
pub(super) struct WakeConversation;

impl JobKind for WakeConversation {
    fn kind(&self) -> &'static str {
        "wake_conversation"
    }

    fn run<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Result<Effects, JobError>> {
        async move {
            let (tenant, conversation) = (job.tenant, job.payload_id("conversation_id")?);
            Ok(Effects::new(move |statements| {
                async move {
                    let mut sql = Sql::new();
                    // One that was opened meanwhile, or snoozed anew, is none of this job's.
                    sql.push("update conversations set status = 'OPEN' where tenant_id = ").bind(Bind::Uuid(tenant));
                    sql.push(" and id = ").bind(Bind::Uuid(conversation));
                    sql.push(" and status = 'PENDING' and snoozed_until <= now()");
                    statements.rows(sql, false).await.map(|_| ())
                }
                .boxed()
            }))
        }
        .boxed()
    }
}
