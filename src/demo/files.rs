//! What a few people of each firm have stored: rows of `folders`, `stored_files`, `file_shares` and `file_access_logs`, and
//! the bytes, which are real: whoever opens a file of the demo reads it.

use std::fmt::Write;

use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::firm::{Firm, UserRow};
use super::ids::Ids;
use super::rng::Rng;
use super::row::rows;

rows! {
    /// A folder.
    FolderRow in "folders" {
        id: Uuid, user_id: Uuid, parent_id: Option<Uuid>, name: &'static str, color: Option<&'static str>,
        created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A file.
    FileRow in "stored_files" {
        id: Uuid, user_id: Uuid, folder_id: Option<Uuid>, filename: String, original_name: String, storage_path: String,
        mime_type: &'static str, size: i64, checksum: String, access_level: &'static str, usage_context: &'static str,
        is_processed: bool, scan_status: &'static str, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// A file, opened to somebody else.
    ShareRow in "file_shares" {
        id: Uuid, file_id: Uuid, shared_by_id: Uuid, shared_with_id: Option<Uuid>, share_token_hash: String,
        share_type: &'static str, max_downloads: Option<i32>, download_count: i32, allow_download: bool,
        allow_view: bool, created_at: DateTime<Utc>, updated_at: DateTime<Utc>,
    }
    /// Somebody had a file.
    AccessRow in "file_access_logs" {
        id: Uuid, file_id: Uuid, user_id: Option<Uuid>, action: &'static str, ip_address: String,
        created_at: DateTime<Utc>, occurred_at: DateTime<Utc>,
    }
}

/// All of these rows, and the bytes by their keys.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) folders: Vec<FolderRow>,
    pub(crate) files: Vec<FileRow>,
    pub(crate) shares: Vec<ShareRow>,
    pub(crate) accesses: Vec<AccessRow>,
    pub(crate) bytes: Vec<(String, Vec<u8>)>,
}

/// A kind of paper that people keep.
struct Paper {
    /// Name in Spanish and in English.
    names: (&'static str, &'static str),
    ending: &'static str,
    mime_type: &'static str,
    usage_context: &'static str,
    access_level: &'static str,
    /// Whether it lies in the folder of this year.
    is_filed: bool,
}

const PAPERS: [Paper; 7] = [
    paper(("Lista de precios", "Price list"), "csv", "text/csv", "DOCUMENT", "TENANT", true),
    paper(("Guion de llamadas", "Call script"), "md", "text/markdown", "RAG", "SHARED", false),
    paper(("Objetivos del trimestre", "Goals of the quarter"), "md", "text/markdown", "DOCUMENT", "PRIVATE", true),
    paper(("Plantilla de presupuesto", "Quote template"), "html", "text/html", "GENERAL", "TENANT", false),
    paper(("Notas de la reunión", "Meeting notes"), "txt", "text/plain", "GENERAL", "PRIVATE", true),
    paper(("Gastos", "Expenses"), "csv", "text/csv", "FINANCE", "PRIVATE", true),
    paper(("Logotipo", "Logo"), "svg", "image/svg+xml", "THEME", "PUBLIC", false),
];

const fn paper(
    names: (&'static str, &'static str),
    ending: &'static str,
    mime_type: &'static str,
    usage_context: &'static str,
    access_level: &'static str,
    is_filed: bool,
) -> Paper {
    Paper { names, ending, mime_type, usage_context, access_level, is_filed }
}

/// What the first people of the firm have stored.
pub(crate) fn files(firm: &Firm, tenant: Uuid, users: &[UserRow], ids: &mut Ids, today: DateTime<Utc>) -> Files {
    let mut rng = Rng::for_subject(firm.number, "files");
    let mut made = Files::default();
    let people: Vec<&UserRow> = users.iter().filter(|user| user.is_active && user.role != "CLIENT").take(4).collect();
    for (place, owner) in people.iter().enumerate() {
        let began = today - Duration::days(120 - 9 * place as i64);
        let folder = |ids: &mut Ids, parent_id, name, color| FolderRow {
            id: ids.at(began),
            user_id: owner.id,
            parent_id,
            name,
            color,
            created_at: began,
            updated_at: began,
        };
        let outer = folder(ids, None, firm.say("Papeles", "Papers"), Some("#33658A"));
        let inner = folder(ids, Some(outer.id), firm.say("Este año", "This year"), None);
        let other = people[(place + 1) % people.len()];
        for paper in &PAPERS {
            // One price list and one logo for the whole firm is enough.
            if place > 0 && matches!(paper.access_level, "TENANT" | "PUBLIC") {
                continue;
            }
            let at = began + Duration::minutes(rng.between(60, 60 * 24 * 60));
            let name = firm.say(paper.names.0, paper.names.1);
            let filename = format!("{name}.{}", paper.ending);
            let bytes = content(paper, name, &owner.display_name, &mut rng).into_bytes();
            let id = ids.at(at);
            let storage_path = format!("files/{tenant}/{id}");
            if paper.access_level == "SHARED" && other.id != owner.id {
                share(&mut made, (id, owner.id, other.id), at, ids, &mut rng);
            }
            made.files.push(FileRow {
                id,
                user_id: owner.id,
                folder_id: paper.is_filed.then_some(inner.id),
                original_name: filename.clone(),
                filename,
                storage_path: storage_path.clone(),
                mime_type: paper.mime_type,
                size: bytes.len() as i64,
                checksum: crate::hex::encode(Sha256::digest(&bytes)),
                access_level: paper.access_level,
                usage_context: paper.usage_context,
                is_processed: true,
                scan_status: "CLEAN",
                created_at: at,
                updated_at: at,
            });
            made.bytes.push((storage_path, bytes));
        }
        made.folders.extend([outer, inner]);
    }
    made
}

/// The file is shared with a colleague, who has had it, and by a link, of which nobody knows the token any more.
fn share(
    made: &mut Files,
    (file_id, owner, colleague): (Uuid, Uuid, Uuid),
    stored_at: DateTime<Utc>,
    ids: &mut Ids,
    rng: &mut Rng,
) {
    let at = stored_at + Duration::hours(2);
    let row = |ids: &mut Ids, shared_with_id: Option<Uuid>, max_downloads, download_count| {
        let id = ids.at(at);
        let hash = crate::hex::encode(Sha256::digest(id.as_bytes()));
        ShareRow {
            id,
            file_id,
            shared_by_id: owner,
            shared_with_id,
            share_token_hash: format!("\\x{hash}"),
            share_type: if shared_with_id.is_some() { "USER" } else { "LINK" },
            max_downloads,
            download_count,
            allow_download: true,
            allow_view: true,
            created_at: at,
            updated_at: at,
        }
    };
    let shares = [row(ids, Some(colleague), None, 1), row(ids, None, Some(10), 2)];
    made.shares.extend(shares);
    for (place, user_id) in [Some(colleague), None, None].into_iter().enumerate() {
        let occurred_at = at + Duration::hours(1 + 5 * place as i64);
        made.accesses.push(AccessRow {
            id: ids.at(occurred_at),
            file_id,
            user_id,
            action: "DOWNLOAD",
            ip_address: format!("203.0.113.{}", rng.between(2, 250)),
            created_at: occurred_at,
            occurred_at,
        });
    }
}

/// What stands in it.
fn content(paper: &Paper, name: &str, owner: &str, rng: &mut Rng) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = match paper.ending {
        "csv" => {
            let _ = writeln!(text, "concepto;importe;fecha");
            for line in 1..=rng.between(12, 40) {
                let (euros, cents) = (rng.between(8, 900), rng.between(0, 99));
                let (month, day) = (rng.between(1, 12), rng.between(1, 28));
                let _ = writeln!(text, "{name} {line};{euros},{cents:02};2026-{month:02}-{day:02}");
            }
            Ok(())
        }
        "html" => write!(
            text,
            "<!DOCTYPE html>\n<html lang=\"es\"><head><meta charset=\"utf-8\"><title>{name}</title></head>\n\
             <body><h1>{name}</h1><p>{owner}</p><table><tr><th>Concepto</th><th>Importe</th></tr></table></body></html>\n"
        ),
        "svg" => writeln!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 120 40\"><rect width=\"120\" height=\"40\" rx=\"8\" \
             fill=\"#33658A\"/><circle cx=\"20\" cy=\"20\" r=\"{}\" fill=\"#F6AE2D\"/></svg>",
            rng.between(8, 14)
        ),
        _ => {
            let _ = writeln!(text, "# {name}\n\n{owner}\n");
            for line in 1..=rng.between(5, 18) {
                let _ = writeln!(
                    text,
                    "- {line}. {}",
                    rng.pick(&[
                        "Llamar a los contactos de la semana pasada antes del jueves.",
                        "Responder en menos de una hora durante el horario de apertura.",
                        "Revisar las ofertas que llevan más de treinta días publicadas.",
                        "Pedir siempre el correo además del teléfono.",
                        "Cerrar el mes con las tareas pendientes al día.",
                    ])
                );
            }
            Ok(())
        }
    };
    text
}
