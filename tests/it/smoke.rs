use serde_json::json;

use crate::app::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_in_user_reads_the_demo_inbox_in_few_statements() {
    let app = TestApp::demo().await;
    let login = &mostrador::demo::logins()[0];
    let client = app.sign_in(&login.tenant_slug, &login.email).await;
    let reply = client
        .measured(
            "query Inbox { conversations(first: 25, filter: {status: {eq: OPEN}}, orderBy: [{field: LAST_MESSAGE_AT, direction: DESC}]) {
                 totalCount pageInfo { hasNextPage endCursor }
                 nodes { id channel status unreadCount lastMessageAt contact { id displayName phone } assignedTo { id displayName }
                     tags { nodes { id name color } }
                     messages(last: 5) { nodes { id content contentType createdAt sender { __typename ... on User { id displayName } ... on Contact { id displayName } } } } } } }",
            json!({}),
        )
        .await;
    assert!(reply.json.get("errors").is_none(), "{:#}", reply.json);
    assert_eq!(reply.json["data"]["conversations"]["nodes"].as_array().unwrap().len(), 25, "{:#}", reply.json);
    assert!(reply.statements <= 6, "{} statements", reply.statements);
}
