//! The form of a request of the query protocol: what is read comes back
//! when it is written and read again, and lists and maps hold nothing that is not there.

use wire::query::Members;

/// How deep members may lie in one another.
const DEPTH_MAX: usize = 16;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(members) = Members::parse(data) else { return };
    let mut form = String::new();
    write(&members, &mut Vec::new(), &mut form);
    assert_eq!(Members::parse(form.as_bytes()).as_ref(), Ok(&members), "{form}");
    for (name, member) in members.iter() {
        let list = members.list(name).unwrap_or_default();
        assert!(list.len() <= count(member), "{name}");
        let map = members.map(name, ("Name", "Value")).unwrap_or_default();
        assert!(map.len() <= list.len(), "{name}");
    }
}

fn count(members: &Members) -> usize {
    members.iter().map(|(_, member)| 1 + count(member)).sum()
}

/// Every byte of every text as a reference.
fn write<'a>(members: &'a Members, path: &mut Vec<&'a str>, out: &mut String) {
    assert!(path.len() <= DEPTH_MAX);
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    if let Some(text) = members.value() {
        out.push_str(&format!("{}={}&", encode(&path.join(".")), encode(text)));
    }
    for (name, member) in members.iter() {
        path.push(name);
        write(member, path, out);
        path.pop();
    }
}
