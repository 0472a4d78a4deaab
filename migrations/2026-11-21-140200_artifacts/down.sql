drop function app.shared_artifact(bytea);
drop table artifacts;
drop function app.artifacts_numbered();
drop function app.artifacts_touched();
drop function app.artifacts_sources();
drop function app.artifacts_living_references();
drop function app.artifacts_logged();
