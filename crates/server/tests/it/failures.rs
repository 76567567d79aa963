//! Services that panic.

use crate::running::Running;
use server::Settings;

#[tokio::test]
async fn a_panic_costs_its_request_and_nothing_else() {
    let running = Running::start(Settings::default()).await;
    let mut client = running.client().await;
    for operation in ["Panic", "LatePanic", "PiecesPanic"] {
        let answer = client.exchange(operation, "", "x").await;
        assert_eq!((answer.status, answer.text()), (500, "Internal"), "{operation}");
        assert_eq!(client.exchange("Echo", "", "alive").await.text(), "alive");
    }
}
