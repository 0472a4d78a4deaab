drop table oauth_flows;
drop function app.user_of_oauth_account(text, text);
drop table oauth_accounts;
drop function app.oauth_accounts_living_references();
