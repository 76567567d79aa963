//! Properties that hold for every expression and item.

use crate::notation::bindings;
use bytes::Bytes;
use expression::{
    Condition, ConditionAst, ExpressionKind, KeyClauses, Projection, ProjectionAst, StoredUpdateError,
    Update, UpdateAst,
};
use item::{Map, Number, Stored, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Few names and few values, so that paths meet and comparisons hold now and then.
fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a1", "b1", "c1"]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec!["", "a", "abc", "z"]);
    let leaf = prop_oneof![
        text.clone().prop_map(|text| Value::S(text.to_owned())),
        (-2_i64..10).prop_map(|number| Value::N(Number::from(number))),
        text.clone().prop_map(|text| Value::B(Bytes::from_static(text.as_bytes()))),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        prop::sample::subsequence(vec!["a", "b", "z"], 1..=3)
            .prop_map(|set| Value::string_set(set.into_iter().map(str::to_owned).collect()).unwrap()),
        prop::sample::subsequence(vec![1_i64, 2, 5], 1..=3)
            .prop_map(|set| Value::number_set(set.into_iter().map(Number::from).collect()).unwrap()),
        prop::sample::subsequence(vec!["x", "y"], 1..=2).prop_map(|set| {
            Value::binary_set(set.into_iter().map(|text| Bytes::from_static(text.as_bytes())).collect())
                .unwrap()
        }),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::L),
            vec((name(), inner), 0..4).prop_map(|members| Value::M(
                members.into_iter().map(|(name, value)| (name.into(), value)).collect()
            )),
        ]
    })
}

fn item() -> impl Strategy<Value = Map> {
    vec((name(), value()), 0..4)
        .prop_map(|members| members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn path() -> impl Strategy<Value = String> {
    let step =
        prop_oneof![name().prop_map(|name| format!(".{name}")), (0..5).prop_map(|at| format!("[{at}]"))];
    (name(), vec(step, 0..3)).prop_map(|(root, steps)| root + &steps.concat())
}

fn placeholder() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        ":s", ":z", ":e", ":n", ":m", ":b", ":t", ":null", ":l", ":map", ":ss", ":ns", ":bs",
    ])
    .prop_map(str::to_owned)
}

fn plain() -> impl Strategy<Value = String> {
    prop_oneof![path(), placeholder()]
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![path(), path(), placeholder(), path().prop_map(|path| format!("size({path})"))]
}

fn condition() -> impl Strategy<Value = String> {
    let comparator = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let leaf = prop_oneof![
        (operand(), comparator, operand()).prop_map(|(l, c, r)| format!("{l} {c} {r}")),
        (path(), operand(), operand()).prop_map(|(p, l, h)| format!("{p} BETWEEN {l} AND {h}")),
        (path(), vec(operand(), 1..4)).prop_map(|(p, list)| format!("{p} IN ({})", list.join(", "))),
        path().prop_map(|path| format!("attribute_exists({path})")),
        path().prop_map(|path| format!("attribute_not_exists({path})")),
        path().prop_map(|path| format!("attribute_type({path}, :type)")),
        (path(), plain()).prop_map(|(path, operand)| format!("begins_with({path}, {operand})")),
        (path(), plain()).prop_map(|(path, operand)| format!("contains({path}, {operand})")),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("{l} AND {r}")),
            (inner.clone(), inner.clone()).prop_map(|(l, r)| format!("{l} OR {r}")),
            inner.prop_map(|one| format!("NOT ({one})")),
        ]
    })
}

/// What an update changes: mostly an attribute as a whole, of more than items have, so that most updates can be carried out.
fn target() -> impl Strategy<Value = String> {
    let whole = prop::sample::select(vec!["a1", "b1", "c1", "d1", "e1"]).prop_map(str::to_owned);
    prop_oneof![4 => whole, 1 => path()]
}

fn set_operand() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => target(),
        4 => placeholder(),
        2 => (target(), placeholder()).prop_map(|(path, value)| format!("if_not_exists({path}, {value})")),
        1 => (target(), target()).prop_map(|(front, back)| format!("list_append({front}, {back})")),
        1 => target().prop_map(|front| format!("list_append(if_not_exists({front}, :l), :l)")),
    ]
}

fn update() -> impl Strategy<Value = String> {
    let set = prop_oneof![
        4 => (target(), set_operand()).prop_map(|(path, value)| format!("{path} = {value}")),
        1 => (target(), set_operand(), set_operand()).prop_map(|(path, l, r)| format!("{path} = {l} + {r}")),
        1 => (target(), target()).prop_map(|(path, old)| format!("{path} = if_not_exists({old}, :n) - :n")),
    ];
    let pair =
        || (target(), prop::sample::select(vec![":n", ":ss", ":ns"])).prop_map(|(p, v)| format!("{p} {v}"));
    let clauses = (vec(set, 0..3), vec(target(), 0..3), vec(pair(), 0..2), vec(pair(), 0..2));
    clauses.prop_map(|(set, remove, add, delete)| {
        [("SET", set), ("REMOVE", remove), ("ADD", add), ("DELETE", delete)]
            .into_iter()
            .filter(|(_, actions)| !actions.is_empty())
            .map(|(section, actions)| format!("{section} {}", actions.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    })
}

/// Properties of what is refused hold for nothing: much of what is made here must be taken.
#[test]
fn much_of_what_is_made_can_be_carried_out() {
    const MADE: usize = 500;
    let mut runner = TestRunner::deterministic();
    let (mut conditions, mut updates, mut applied) = (0, 0, 0);
    for _ in 0..MADE {
        let (condition, update, item) =
            (condition(), update(), item()).new_tree(&mut runner).unwrap().current();
        let condition = ConditionAst::parse(ExpressionKind::Filter, &condition).unwrap();
        conditions +=
            usize::from(Condition::bind(ExpressionKind::Filter, &condition, &mut bindings()).is_ok());
        if let Ok(ast) = UpdateAst::parse(&update)
            && let Ok(update) = Update::bind(&ast, &mut bindings())
        {
            updates += 1;
            applied += usize::from(update.apply(&item).is_ok());
        }
    }
    println!("of {MADE}: {conditions} conditions, {updates} updates, {applied} of them applied");
    assert!(conditions > MADE / 4 && updates > MADE / 4 && applied > MADE / 10);
}

/// Runs whatever can be made of a text; only not to panic counts.
fn run_all(text: &str) {
    let item = Map::default();
    for kind in [ExpressionKind::Condition, ExpressionKind::Filter, ExpressionKind::KeyCondition] {
        if let Ok(ast) = ConditionAst::parse(kind, text) {
            if let Ok(condition) = Condition::bind(kind, &ast, &mut bindings()) {
                condition.matches(&item);
            }
            if let Ok(clauses) = KeyClauses::bind(&ast, &mut bindings()) {
                let _ = clauses.against(&[], &[]);
            }
        }
    }
    if let Ok(ast) = UpdateAst::parse(text)
        && let Ok(update) = Update::bind(&ast, &mut bindings())
    {
        let _ = update.apply(&item);
        update.request_charge();
    }
    if let Ok(ast) = ProjectionAst::parse(text)
        && let Ok(projection) = Projection::bind(&ast, &mut bindings())
    {
        projection.apply(&item);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(environment::repeated(512) as u32))]

    #[test]
    fn a_stored_item_is_updated_as_its_tree_is(text in update(), item in item()) {
        if let Ok(ast) = UpdateAst::parse(&text)
            && let Ok(update) = Update::bind(&ast, &mut bindings())
        {
            let tree = update.apply(&item).map(|updated| Stored::encode(&updated.item));
            let stored = update.apply_stored(&Stored::encode(&item));
            prop_assert_eq!(stored, tree.map_err(StoredUpdateError::Update), "{}", text);
        }
    }

    #[test]
    fn any_text_is_taken_or_refused(text in "\\PC{0,40}") {
        run_all(&text);
    }

    #[test]
    fn any_tokens_are_taken_or_refused(tokens in vec(prop::sample::select(vec![
        "a1", "#a", ":s", ":n", ":ss", "0", "12", "=", "<>", "<", "(", ")", "[", "]", ",", ".", "+", "-",
        "AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE", "size", "contains",
        "attribute_exists", "if_not_exists", "list_append", "name", "\u{e9}", "!",
    ]), 0..24)) {
        run_all(&tokens.join(" "));
    }

    #[test]
    fn conditions_say_the_same_of_trees_and_stored_items(text in condition(), item in item()) {
        let ast = ConditionAst::parse(ExpressionKind::Filter, &text).unwrap();
        if let Ok(condition) = Condition::bind(ExpressionKind::Filter, &ast, &mut bindings()) {
            let stored = Stored::encode(&item);
            prop_assert_eq!(condition.matches(&item), condition.matches(&stored), "{}", text);
        }
    }

    #[test]
    fn damaged_items_do_no_harm(text in condition(), item in item(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = Stored::encode(&item).as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let ast = ConditionAst::parse(ExpressionKind::Filter, &text).unwrap();
        if let Ok(condition) = Condition::bind(ExpressionKind::Filter, &ast, &mut bindings()) {
            condition.matches(&Stored::from_bytes(bytes.into()));
        }
    }

    #[test]
    fn projections_give_the_same_of_trees_and_stored_items(paths in vec(path(), 1..4), item in item()) {
        let ast = ProjectionAst::parse(&paths.join(", ")).unwrap();
        if let Ok(projection) = Projection::bind(&ast, &mut bindings()) {
            let stored = Stored::encode(&item);
            prop_assert_eq!(projection.apply(&item), projection.apply_stored(&stored));
        }
    }

    #[test]
    fn updates_do_what_their_answers_say(text in update(), item in item()) {
        let Ok(ast) = UpdateAst::parse(&text) else { return Ok(()) };
        let Ok(update) = Update::bind(&ast, &mut bindings()) else { return Ok(()) };
        let stored = Stored::encode(&item);
        prop_assert_eq!(update.touched(&item), update.touched(&stored));
        let Ok(updated) = update.apply(&item) else { return Ok(()) };
        // Attributes that the update does not name stay.
        for (name, value) in &item {
            if !update.written_names().contains(&name) {
                prop_assert_eq!(updated.item.get(name), Some(value));
            }
        }
        let new = Stored::encode(&updated.item);
        prop_assert_eq!(updated.updated_new(), update.updated_new(Some(&stored), &new), "{}", text);
        // What the answer has of an attribute is never more than the attribute.
        for (name, part) in &updated.updated_new() {
            prop_assert!(updated.item.get(name).is_some_and(|whole| whole.size() >= part.size()));
        }
    }
}
