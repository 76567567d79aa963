//! The machine in the simulated world of `world`, and its single rules one by one.

mod rules;
mod world;

use super::{Checkpoint, LaneCheckpoint, Window};
use proptest::prelude::*;

fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    let window = (any::<u64>(), prop::collection::vec(any::<u8>(), 0..40), any::<bool>())
        .prop_map(|(start_ms, state, early)| Window { start_ms, state, early });
    let lane =
        (any::<u128>(), prop::option::of(window)).prop_map(|(next, window)| LaneCheckpoint { next, window });
    (any::<bool>(), prop::collection::vec(lane, 0..12))
        .prop_map(|(finished, lanes)| Checkpoint { finished, lanes })
}

proptest! {
    #[test]
    fn checkpoints_come_back(checkpoint in checkpoint()) {
        let bytes = checkpoint.encode();
        prop_assert_eq!(Checkpoint::decode(&bytes), Ok(checkpoint));
        for cut in 0..bytes.len() {
            prop_assert!(Checkpoint::decode(&bytes[..cut]).is_err());
        }
        prop_assert!(Checkpoint::decode(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn other_bytes_are_refused_or_come_back(bytes in prop::collection::vec(0_u8..4, 0..60)) {
        if let Ok(checkpoint) = Checkpoint::decode(&bytes) {
            prop_assert_eq!(checkpoint.encode(), bytes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(300) as u32))]

    #[test]
    fn nothing_is_skipped_and_keys_keep_their_order(seed in any::<u64>()) {
        world::run(seed);
    }

    #[test]
    fn the_same_events_give_the_same_actions(seed in any::<u64>()) {
        prop_assert_eq!(world::run(seed), world::run(seed));
    }
}
