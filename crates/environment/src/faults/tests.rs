//! What fires, how often, and the same again from the same seed.

use super::*;

fn faults() -> Faults {
    Faults::new(Clock::simulated(1_000))
}

fn place<'a>(operation: &'a str, tables: &'a [&'a str]) -> Place<'a> {
    Place { operation: Some(operation), tables, ..Place::default() }
}

/// What becomes of so many matches.
fn decisions(faults: &Faults, kind: Kind, count: usize) -> Vec<bool> {
    (0..count).map(|_| faults.fires(kind, &Place::default()).is_some()).collect()
}

#[test]
fn without_faults_nothing_happens() {
    let faults = faults();
    assert!(!faults.is_set());
    assert_eq!(faults.fires(Kind::Throttle, &Place::default()), None);
    let added = faults.add(Fault::new(Kind::Throttle)).unwrap();
    assert!(faults.is_set());
    assert_eq!(faults.fires(Kind::Throttle, &Place::default()), Some(Fired { id: added.id, ms: 0 }));
    assert_eq!(faults.fires(Kind::EmptyPage, &Place::default()), None);
    assert_eq!(faults.clear(Some(added.id)).len(), 1);
    assert!(!faults.is_set() && !faults.is_listed(added.id));
    assert_eq!(faults.fires(Kind::Throttle, &Place::default()), None);
}

#[test]
fn all_of_a_scope_must_be_there() {
    let faults = faults();
    let scope =
        Scope { operation: Some("PutItem".to_owned()), table: Some("dogs".to_owned()), ..Scope::default() };
    faults.add(Fault { scope, ..Fault::new(Kind::FailWrite) }).unwrap();
    let fires = |place: Place<'_>| faults.fires(Kind::FailWrite, &place).is_some();
    assert!(fires(place("PutItem", &["dogs"])));
    assert!(fires(place("PutItem", &["cats", "dogs"])));
    assert!(!fires(place("PutItem", &["cats"])));
    assert!(!fires(place("PutItem", &[])));
    assert!(!fires(place("DeleteItem", &["dogs"])));
    assert!(!fires(Place::default()));
    assert_eq!((faults.all()[0].matched, faults.all()[0].fired), (2, 2));
}

#[test]
fn a_mapping_is_named_by_the_beginning_of_its_uuid() {
    let faults = faults();
    let scope = Scope { mapping: Some("0a1b".to_owned()), ..Scope::default() };
    faults.add(Fault { scope, ..Fault::new(Kind::KillFunction) }).unwrap();
    let fires = |mapping| {
        let place = Place { mapping, ..Place::default() };
        faults.fires(Kind::KillFunction, &place).is_some()
    };
    assert!(fires(Some("0a1b2c3d-aaaa")));
    assert!(!fires(Some("0a1c2c3d-aaaa")) && !fires(None));
}

#[test]
fn an_account_and_a_region_limit_every_kind() {
    for kind in Kind::ALL {
        let faults = faults();
        let (account, region) = (Some("123456789012".to_owned()), Some("eu-west-1".to_owned()));
        let ms = if kind.milliseconds() == Milliseconds::Needed { 1 } else { 0 };
        let scope = Scope { account, region, ..Scope::default() };
        faults.add(Fault { scope, ms, ..Fault::new(*kind) }).unwrap();
        let fires = |account, region| {
            let place = Place { account, region, ..Place::default() };
            faults.fires(*kind, &place).is_some()
        };
        assert!(fires(Some("123456789012"), Some("eu-west-1")), "{kind:?}");
        assert!(!fires(Some("123456789012"), Some("eu-west-2")) && !fires(Some("1"), Some("eu-west-1")));
        assert!(!fires(None, None));
    }
}

#[test]
fn times_and_after_count_matches() {
    let faults = faults();
    let when = When { times: Some(2), after: 3, ..When::default() };
    faults.add(Fault { when, ..Fault::new(Kind::EmptyPage) }).unwrap();
    let struck = decisions(&faults, Kind::EmptyPage, 8);
    assert_eq!(struck, [false, false, false, true, true, false, false, false]);
    let shown = &faults.all()[0];
    // What comes after it is over is not counted.
    assert_eq!((shown.matched, shown.fired, shown.over), (5, 2, true));
}

#[test]
fn a_span_is_of_service_time() {
    let clock = Clock::simulated(1_000);
    let faults = Faults::new(clock.clone());
    let when = When { for_ms: Some(60_000), ..When::default() };
    faults.add(Fault { when, ..Fault::new(Kind::Throttle) }).unwrap();
    clock.advance(59_999);
    assert_eq!(decisions(&faults, Kind::Throttle, 1), [true]);
    clock.advance(1);
    assert_eq!(decisions(&faults, Kind::Throttle, 1), [false]);
    assert!(faults.all()[0].over);
}

#[test]
fn the_same_seed_and_the_same_matches_give_the_same_decisions() {
    let run = |seed, probability, after| {
        let faults = faults();
        let when = When { seed, probability: Some(probability), after, ..When::default() };
        faults.add(Fault { when, ..Fault::new(Kind::Throttle) }).unwrap();
        decisions(&faults, Kind::Throttle, 400)
    };
    for seed in 0..20 {
        let struck = run(seed, 0.3, 0);
        assert_eq!(struck, run(seed, 0.3, 0));
        assert_ne!(struck, run(seed + 1, 0.3, 0));
        let count = struck.iter().filter(|fired| **fired).count();
        assert!((80..160).contains(&count), "{count} of 400");
        // A decision is of the number of the match: what is skipped draws too.
        let late = run(seed, 0.3, 100);
        assert!(late[..100].iter().all(|fired| !fired));
        assert_eq!(late[100..], struck[100..]);
        // More of a chance strikes wherever less did.
        assert!(struck.iter().zip(run(seed, 0.6, 0)).all(|(less, more)| !less || more));
    }
    assert!(run(1, 1.0, 0).iter().all(|fired| *fired));
}

#[test]
fn others_in_between_change_nothing() {
    let when = When { seed: 9, probability: Some(0.5), ..When::default() };
    let (alone, shared) = (faults(), faults());
    for faults in [&alone, &shared] {
        faults.add(Fault { when, ..Fault::new(Kind::Throttle) }).unwrap();
    }
    shared.add(Fault { when, ..Fault::new(Kind::EmptyPage) }).unwrap();
    for _ in 0..200 {
        let _ = shared.fires(Kind::EmptyPage, &Place::default());
        assert_eq!(decisions(&alone, Kind::Throttle, 1), decisions(&shared, Kind::Throttle, 1));
    }
}

#[test]
fn the_oldest_that_fires_is_the_one() {
    let faults = faults();
    let once = When { times: Some(1), ..When::default() };
    faults.add(Fault { when: once, ..Fault::new(Kind::Throttle) }).unwrap();
    faults.add(Fault::new(Kind::Throttle)).unwrap();
    let ids: Vec<u64> = (0..3)
        .filter_map(|_| faults.fires(Kind::Throttle, &Place::default()))
        .map(|fired| fired.id)
        .collect();
    assert_eq!(ids, [1, 2, 2]);
    assert_eq!(faults.clear(None).len(), 2);
    // Numbers are not given again.
    assert_eq!(faults.add(Fault::new(Kind::Throttle)).unwrap().id, 3);
}

#[test]
fn what_could_never_happen_is_refused() {
    let named = |scope: Scopes| {
        let mut of = Scope::default();
        *of.get_mut(scope) = Some("x".to_owned());
        of
    };
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.name()), Some(*kind));
        let ms = u64::from(kind.milliseconds() == Milliseconds::Needed);
        for which in Scopes::ALL {
            let fault = Fault { ms, scope: named(which), ..Fault::new(*kind) };
            let is_anywhere = matches!(which, Scopes::Account | Scopes::Region);
            let makes_sense = is_anywhere || kind.scopes().contains(&which);
            assert_eq!(fault.check().is_ok(), makes_sense, "{kind:?} {which:?}");
        }
        let too_long = Fault { ms: 600_001, ..Fault::new(*kind) };
        assert!(too_long.check().is_err(), "{kind:?}");
    }
    let refused = |when| Fault { when, ..Fault::new(Kind::Throttle) }.check().is_err();
    assert!(refused(When { times: Some(0), ..When::default() }));
    assert!(refused(When { for_ms: Some(0), ..When::default() }));
    assert!(refused(When { seed: 1, ..When::default() }));
    for probability in [0.0, -0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(refused(When { probability: Some(probability), ..When::default() }), "{probability}");
    }
    assert!(Fault { ms: 0, ..Fault::new(Kind::Delay) }.check().is_err());
    assert_eq!(Kind::parse("nonsense"), None);
}

#[test]
fn there_is_an_end_to_how_many() {
    let faults = faults();
    for _ in 0..FAULTS_MAX {
        faults.add(Fault::new(Kind::Throttle)).unwrap();
    }
    assert_eq!(faults.add(Fault::new(Kind::Throttle)), Err(AddError::TooMany));
}
