drop table canned_replies;
drop function app.canned_replies_living_references();
drop function app.canned_replies_logged();
drop function app.canned_replies_owner();
drop function app.canned_replies_team();
drop function app.canned_replies_content();
drop function app.canned_reply_variables();
