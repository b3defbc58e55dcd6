//! A controller that starts again changes nothing.

use super::world::{World, sealed};

const SECRETS: u64 = 20;

#[tokio::test]
async fn a_restart_writes_nothing() {
    let world = World::new().await;
    let running = world.run();
    for number in 0..SECRETS {
        world
            .create(sealed(&format!("s{number}"), &[("k", "v")]))
            .await;
    }
    let mut copy = sealed("db", &[("k", "v")]);
    copy["metadata"]["name"] = "copy".into();
    world.create(copy).await;
    for number in 0..SECRETS {
        world.condition(&format!("s{number}"), "True", "").await;
    }
    world.condition("copy", "False", "").await;
    running.stop().await;
    let before = world.version().await;
    for _ in 0..2 {
        let again = world.run();
        again.counted("unseal_requests_total", SECRETS + 1).await;
        again.stop().await;
        assert_eq!(world.version().await, before);
    }
}

#[tokio::test]
async fn the_news_of_our_own_writes_cost_no_second_opening() {
    let world = World::new().await;
    let running = world.run();
    for number in 0..SECRETS {
        let name = format!("s{number}");
        world.create(sealed(&name, &[("k", "v")])).await;
        world.condition(&name, "True", "").await;
    }
    assert_eq!(running.figure("unseal_requests_total"), SECRETS);
    running.stop().await;
}
