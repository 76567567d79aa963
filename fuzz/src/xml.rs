//! The XML of S3's requests: what is read nests no deeper than it may, and comes back when it is written.

use services::objects::s3::xml::Node;

/// How deep elements may nest.
const DEPTH_MAX: usize = 16;

/// See the module.
pub fn target(data: &[u8]) {
    let Ok(root) = Node::parse(data) else { return };
    assert!(depth(&root) <= DEPTH_MAX);
    let mut text = String::new();
    // Names are not checked beyond what tells elements apart, so not each can be written again.
    if names(&root) {
        write(&root, &mut text);
        assert_eq!(Node::parse(text.as_bytes()).as_ref(), Ok(&root), "{text}");
    }
}

fn depth(node: &Node) -> usize {
    1 + node.children.iter().map(depth).max().unwrap_or(0)
}

fn names(node: &Node) -> bool {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // There is no reference to the character zero.
    is_name(&node.name) && !node.text.contains('\0') && node.children.iter().all(names)
}

/// Text first, each character as a reference.
fn write(node: &Node, out: &mut String) {
    out.push_str(&format!("<{}>", node.name));
    for character in node.text.chars() {
        out.push_str(&format!("&#{};", u32::from(character)));
    }
    node.children.iter().for_each(|child| write(child, out));
    out.push_str(&format!("</{}>", node.name));
}
