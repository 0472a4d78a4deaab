drop table internal_note_mentions;
drop function app.internal_note_mentions_living_references();
drop function app.internal_note_mentions_note_id_logged();
drop table internal_notes;
drop function app.internal_notes_living_references();
drop function app.internal_notes_logged();
