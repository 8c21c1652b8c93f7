//! The twin.

use realtime::InProcess;

use crate::contract;

#[tokio::test]
async fn the_twin_keeps_the_contract() {
    let twin = InProcess::new();
    contract::holds(&twin, &twin).await;
}
