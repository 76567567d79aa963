//! Defaults, ranges and texts, row by row.

use super::*;

const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2025-01-01T00:00:00.000";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:q";
const DATA: &str = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

fn table() -> Request {
    Request {
        event_source_arn: Some(TABLE.into()),
        starting_position: Some("LATEST".into()),
        ..Request::default()
    }
}

fn queue() -> Request {
    Request { event_source_arn: Some(QUEUE.into()), ..Request::default() }
}

fn invalid(request: Request) -> String {
    match Configuration::create(&request) {
        Err(Fault::InvalidParameterValue(message)) => message,
        other => panic!("{request:?}: {other:?}"),
    }
}

fn validation(request: Request) -> String {
    match Configuration::create(&request) {
        Err(Fault::Validation(message)) => message,
        other => panic!("{request:?}: {other:?}"),
    }
}

#[test]
fn defaults() {
    let made = Configuration::create(&table()).unwrap();
    assert_eq!((made.batch_size, made.batching_window_s, made.enabled), (100, 0, true));
    let stream = made.stream.clone().unwrap();
    assert_eq!(stream.starting_position, StartingPosition::Latest);
    assert_eq!((stream.parallelization_factor, stream.tumbling_window_s, stream.bisect), (1, 0, false));
    assert_eq!(
        (stream.maximum_retry_attempts, stream.maximum_record_age_s, stream.on_failure),
        (None, None, None)
    );
    assert_eq!(made.rules(86_400_000), Rules::default());
    let made = Configuration::create(&queue()).unwrap();
    assert_eq!((made.batch_size, made.batching_window_s, made.stream), (10, 0, None));
}

#[test]
fn ranges_hold_their_ends() {
    type Set = fn(&mut Request, i64);
    let rows: [(&str, Set, &[i64], &[i64]); 6] = [
        ("batchSize", |it, n| it.batch_size = Some(n), &[1, 10_000], &[0, 10_001]),
        ("maximumBatchingWindowInSeconds", |it, n| it.batching_window_s = Some(n), &[0, 300], &[-1, 301]),
        ("parallelizationFactor", |it, n| it.parallelization_factor = Some(n), &[1, 10], &[0, 11]),
        (
            "maximumRetryAttempts",
            |it, n| it.maximum_retry_attempts = Some(n),
            &[-1, 0, 10_000],
            &[-2, 10_001],
        ),
        (
            "maximumRecordAgeInSeconds",
            |it, n| it.maximum_record_age_s = Some(n),
            &[-1, 60, 604_800],
            &[-2, 604_801],
        ),
        ("tumblingWindowInSeconds", |it, n| it.tumbling_window_s = Some(n), &[0, 900], &[-1, 901]),
    ];
    for (name, set, good, bad) in rows {
        let with = |number| {
            let mut request = table();
            set(&mut request, number);
            request
        };
        for number in good {
            assert!(Configuration::create(&with(*number)).is_ok(), "{name} {number}");
        }
        for number in bad {
            let start = format!(
                "1 validation error detected: Value '{number}' at '{name}' failed to satisfy constraint: "
            );
            assert!(validation(with(*number)).starts_with(&start), "{name} {number}");
        }
    }
    for age_s in [0, 59] {
        invalid(Request { maximum_record_age_s: Some(age_s), ..table() });
    }
    assert_eq!(
        validation(Request { batch_size: Some(0), parallelization_factor: Some(11), ..table() }),
        "2 validation errors detected: Value '0' at 'batchSize' failed to satisfy constraint: Member must have value \
         greater than or equal to 1; Value '11' at 'parallelizationFactor' failed to satisfy constraint: Member must \
         have value less than or equal to 10"
    );
}

#[test]
fn texts_of_refusals() {
    assert_eq!(invalid(Request::default()), "Unrecognized event source.");
    let foreign = Request { event_source_arn: Some("arn:aws:s3:::b".into()), ..table() };
    assert_eq!(invalid(foreign), "Unrecognized event source.");
    assert_eq!(
        invalid(Request { starting_position: None, ..table() }),
        "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
    );
    assert_eq!(
        validation(Request { starting_position: Some("invalid".into()), ..table() }),
        "1 validation error detected: Value 'invalid' at 'startingPosition' failed to satisfy constraint: Member \
         must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]"
    );
    assert_eq!(
        invalid(Request { starting_position: Some("AT_TIMESTAMP".into()), ..table() }),
        format!("Unsupported starting position for arn type: {TABLE}")
    );
    for pattern in ["x", "[]", r#"{"a":"x"}"#, r#"{"a":[]}"#, "null"] {
        let request = Request { filters: Some(vec![pattern.into()]), ..table() };
        assert_eq!(invalid(request), "Invalid filter pattern definition.", "{pattern}");
    }
    let destinations = Some(Destinations { on_success: Some("arn".into()), on_failure: None });
    assert_eq!(
        // Before the source is looked at.
        invalid(Request { destinations, ..Request::default() }),
        "Unsupported DestinationConfig parameter for given event source mapping type."
    );
    assert_eq!(
        invalid(Request { batch_size: Some(11), ..queue() }),
        "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    );
    assert!(
        Configuration::create(&Request { batch_size: Some(11), batching_window_s: Some(1), ..queue() })
            .is_ok()
    );
    invalid(Request { bisect: Some(true), ..queue() });
    invalid(Request { maximum_concurrency: Some(5), ..table() });
    let fifo = Some(format!("{QUEUE}.fifo"));
    invalid(Request { event_source_arn: fifo, batch_size: Some(11), batching_window_s: Some(1), ..queue() });
    let at = Request {
        event_source_arn: Some(DATA.into()),
        starting_position: Some("AT_TIMESTAMP".into()),
        ..table()
    };
    invalid(at.clone());
    let at = Configuration::create(&Request { starting_timestamp_ms: Some(7), ..at }).unwrap();
    assert_eq!(at.stream.unwrap().starting_position, StartingPosition::AtTimestamp(7));
    validation(Request { function_response_types: Some(vec!["x".into()]), ..table() });
}

#[test]
fn faults_have_their_shapes() {
    let text = |fault: &Fault| String::from_utf8(fault.to_body()).unwrap();
    assert_eq!(
        text(&Fault::NotFound),
        r#"{"Type":"User","Message":"The resource you requested does not exist."}"#
    );
    assert_eq!(text(&Fault::no_function()), r#"{"Type":"User","message":"Function does not exist"}"#);
    assert_eq!(text(&Fault::Validation("x".into())), r#"{"message":"x"}"#);
    assert_eq!(Fault::no_source(Source::TableStream, "a").to_string(), "Stream not found: a");
    let conflict = Fault::duplicate(Source::TableStream, "a", "f", "u");
    assert_eq!((conflict.status(), conflict.code()), (409, "ResourceConflictException"));
    assert_eq!(
        conflict.to_string(),
        "The event source arn (\" a \") and function (\" f \") provided mapping already exists. Please update or \
         delete the existing mapping with UUID u"
    );
    assert_eq!(
        Fault::duplicate(Source::Queue { fifo: false }, "a", "f", "u").to_string(),
        "An event source mapping with SQS arn (\" a \") and function (\" f \") already exists. Please update or \
         delete the existing mapping with UUID u"
    );
}

#[test]
fn updates_change_what_they_name() {
    let request = Request {
        maximum_retry_attempts: Some(3),
        maximum_record_age_s: Some(60),
        filters: Some(vec![r#"{"eventName":["INSERT"]}"#.into()]),
        destinations: Some(Destinations {
            on_failure: Some("arn:aws:sqs:r:a:dead".into()),
            on_success: None,
        }),
        function_response_types: Some(vec!["ReportBatchItemFailures".into()]),
        ..table()
    };
    let made = Configuration::create(&request).unwrap();
    assert_eq!(made.update(&Request::default()).unwrap(), made);
    let changed =
        made.update(&Request { batch_size: Some(7), enabled: Some(false), ..Request::default() }).unwrap();
    assert_eq!(changed, Configuration { batch_size: 7, enabled: false, ..made.clone() });
    let cleared = made
        .update(&Request {
            maximum_retry_attempts: Some(-1),
            maximum_record_age_s: Some(-1),
            filters: Some(Vec::new()),
            destinations: Some(Destinations { on_failure: Some(String::new()), on_success: None }),
            function_response_types: Some(Vec::new()),
            ..Request::default()
        })
        .unwrap();
    assert_eq!(cleared, Configuration::create(&table()).unwrap());
    let rules = made.rules(86_400_000);
    assert_eq!(
        (rules.maximum_retries, rules.age_limit_ms, rules.reports_item_failures),
        (Some(3), 60_000, true)
    );
    assert!(made.update(&Request { maximum_concurrency: Some(2), ..Request::default() }).is_err());
}

#[test]
fn a_limit_of_calls_is_taken_back() {
    let queue = Request {
        event_source_arn: Some("arn:aws:sqs:us-east-1:000000000000:q".into()),
        maximum_concurrency: Some(3),
        ..Request::default()
    };
    let made = Configuration::create(&queue).unwrap();
    assert_eq!(made.maximum_concurrency, Some(3));
    assert_eq!(made.update(&Request::default()).unwrap().maximum_concurrency, Some(3));
    let taken_back = Request { unlimited_concurrency: true, ..Request::default() };
    assert_eq!(made.update(&taken_back).unwrap().maximum_concurrency, None);
}
