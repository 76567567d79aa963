//! Nesting: refused where it is too deep, never a stack overflow.

use crate::notation::{condition, n, update};
use expression::{ConditionAst, ExpressionKind, UpdateAst};
use item::Map;

/// Runs on a stack smaller than any the server uses.
fn on_small_stack(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(1 << 20).spawn_scoped(scope, test).unwrap().join().unwrap();
    });
}

#[test]
fn too_deep() {
    on_small_stack(|| {
        let refuse = |text: String, message: &str| {
            let error = ConditionAst::parse(ExpressionKind::Condition, &text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        };
        refuse(format!("{}a1=:n{}", "(".repeat(2000), ")".repeat(2000)), "redundant parentheses");
        refuse("(".repeat(4096), "redundant parentheses");
        refuse("NOT ".repeat(1024), "<EOF>");
        refuse(format!("{}a1=:n", "NOT ".repeat(1000)), "too many operators; operator count: 1001");
        refuse("NOT(".repeat(1000), "too many operators; operator count: 30");
        refuse("size(".repeat(800), "too many operators; operator count: 30");
        refuse("a1=((((".repeat(500), "redundant parentheses");
        refuse("a1=((:n ".repeat(500), "Syntax error");
        let append = format!("SET a1 = {}", "list_append(".repeat(330));
        assert!(UpdateAst::parse(&append).unwrap_err().to_string().contains("too many operators"));
        let parentheses = format!("SET a1 = {}", "(".repeat(3000));
        assert!(UpdateAst::parse(&parentheses).unwrap_err().to_string().contains("redundant parentheses"));
    });
}

#[test]
fn as_deep_as_allowed() {
    on_small_stack(|| {
        let deep = format!("{}a1=:n{}", "NOT(".repeat(299), ")".repeat(299));
        let deep = condition(&deep).unwrap();
        let item: Map = [("a1".into(), n(5))].into_iter().collect();
        assert!(!deep.matches(&item) && deep.clone() == deep);
        let deep = format!("SET a1 = {}:n{}", "if_not_exists(a,".repeat(240), ")".repeat(240));
        let deep = update(&deep).unwrap();
        assert_eq!(deep.apply(&Map::default()).unwrap().item, item);
        assert!(deep.request_charge() > 240 * 39);
    });
}
