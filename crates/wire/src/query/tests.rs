//! Forms of the query protocol: lists, maps, and what no client sends.

use super::*;
use proptest::prelude::*;

fn parsed(form: &str) -> Members {
    Members::parse(form.as_bytes()).unwrap()
}

fn texts<'a>(list: &[&'a Members]) -> Vec<&'a str> {
    list.iter().map(|member| member.value().unwrap_or("-")).collect()
}

#[test]
fn a_request_of_each_form() {
    let request = parsed(
        "Action=SendMessage&Version=2012-11-05&MessageBody=a+b%26%c3%a4&Empty=&Bare&MessageAttribute.1.Name=n\
         &MessageAttribute.1.Value.StringValue=v&MessageAttribute.1.Value.DataType=String\n",
    );
    assert_eq!(request.text("MessageBody"), Some("a b&ä"));
    assert_eq!(
        (request.text("Empty"), request.text("Bare"), request.text("None")),
        (Some(""), Some(""), None)
    );
    let attributes = request.map("MessageAttribute", ("Name", "Value")).unwrap();
    assert_eq!(attributes.len(), 1);
    assert_eq!((attributes[0].0, attributes[0].1.text("DataType")), ("n", Some("String")));
    assert_eq!(request.map("Attribute", ("Name", "Value")), None);
}

#[test]
fn lists_flattened_and_not_in_the_order_of_their_numbers() {
    for form in ["L.member.10=c&L.member.2=b&L.member.1=a", "L.10=c&L.2=b&L.1=a", "L.1=a&L.member.2=b&L.3=c"]
    {
        assert_eq!(texts(&parsed(form).list("L").unwrap()), ["a", "b", "c"], "{form}");
    }
    assert_eq!(parsed("L=").list("L"), Some(vec![]));
    assert_eq!(parsed("M.1=a").list("L"), None);
    // What is no number is no element.
    assert_eq!(parsed("L.01=a&L.x=b&L.4294967296=c&L.+1=d").list("L"), Some(vec![]));
}

#[test]
fn maps_flattened_and_not() {
    for form in
        ["M.entry.1.key=a&M.entry.1.value=1&M.entry.2.key=b", "M.1.key=a&M.1.value=1&M.2.key=b&M.3.value=2"]
    {
        let form = parsed(form);
        let map = form.map("M", ("key", "value")).unwrap();
        let pairs: Vec<_> = map.iter().map(|(key, value)| (*key, value.value())).collect();
        assert_eq!(pairs, [("a", Some("1")), ("b", None)]);
    }
}

#[test]
fn what_no_client_sends_is_malformed() {
    let deep = ["a"; 17].join(".");
    let just_not = ["a"; 16].join(".");
    let long = "a".repeat(4_097);
    assert!(Members::parse(just_not.as_bytes()).is_ok());
    let many: Vec<_> = (0..3_200).map(|number| format!("{number}{}=b", ".a".repeat(15))).collect();
    let many = many.join("&");
    let cases = [
        ("a=%", Malformed::Encoding),
        ("a=%4", Malformed::Encoding),
        ("a=%+1", Malformed::Encoding),
        ("%ff=1", Malformed::Encoding),
        (&deep, Malformed::TooDeep),
        (&long, Malformed::TooDeep),
        (&many, Malformed::TooMany),
    ];
    for (form, malformed) in cases {
        assert_eq!(Members::parse(form.as_bytes()), Err(malformed), "{:.20}", form);
    }
}

#[test]
fn answers_and_failures() {
    let mut answer = Answer::with_result("ListQueues", "urn:x");
    answer
        .element("QueueUrl", "a&b<\r\n>")
        .open("Inner")
        .optional("None", None::<&str>)
        .optional("Some", Some("1"));
    assert_eq!(
        String::from_utf8(answer.finish("r")).unwrap(),
        "<?xml version=\"1.0\"?>\n<ListQueuesResponse xmlns=\"urn:x\"><ListQueuesResult><QueueUrl>a&amp;b&lt;&#xD;\n&gt;\
         </QueueUrl><Inner><Some>1</Some></Inner></ListQueuesResult><ResponseMetadata><RequestId>r</RequestId>\
         </ResponseMetadata></ListQueuesResponse>\n"
    );
    assert_eq!(
        String::from_utf8(Answer::without_result("DeleteQueue", "urn:x").finish("r")).unwrap(),
        "<?xml version=\"1.0\"?>\n<DeleteQueueResponse xmlns=\"urn:x\"><ResponseMetadata><RequestId>r</RequestId>\
         </ResponseMetadata></DeleteQueueResponse>\n"
    );
    assert_eq!(
        String::from_utf8(failure("urn:x", true, ("Code", "a \"b\"\u{1}"), "r")).unwrap(),
        "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"urn:x\"><Error><Type>Sender</Type><Code>Code</Code><Message>\
         a &quot;b&quot;\u{fffd}</Message><Detail/></Error><RequestId>r</RequestId></ErrorResponse>\n"
    );
}

fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

proptest! {
    #[test]
    fn what_is_encoded_is_read(pairs in prop::collection::btree_map("[^.]{1,8}(\\.[^.]{1,8}){0,5}", "\\PC{0,20}", 0..20)) {
        let form: Vec<_> = pairs.iter().map(|(path, text)| format!("{}={}", encode(path), encode(text))).collect();
        let members = parsed(&form.join("&"));
        for (path, text) in &pairs {
            let found = path.split('.').try_fold(&members, |members, name| members.member(name));
            prop_assert_eq!(found.and_then(Members::value), Some(text.as_str()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(form in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(members) = Members::parse(&form) {
            for (name, _) in members.iter() {
                let list = members.list(name).unwrap_or_default();
                prop_assert!(members.map(name, ("Name", "Value")).unwrap_or_default().len() <= list.len());
            }
        }
    }
}
