//! Expressions: parsed, bound to one set of names and values, and run on one item, in both its forms, which
//! must agree. The first byte chooses the kind; the rest is the text.

use expression::{
    Bindings, Condition, ConditionAst, ExpressionKind, KeyAttribute, KeyClauses, Projection, ProjectionAst,
    Update, UpdateAst,
};
use item::{KeyKind, Map, Stored, Value};
use wire::dynamodb::GetItem;

/// The item that expressions are run on, as a key: something of every type, under names that are easily hit upon.
pub const ITEM: &str = r##"{"TableName":"tab","Key":{"a":{"S":"text"},"b":{"N":"12.5"},"c":{"B":"AAH/"},
"d":{"L":[{"N":"1"},{"S":"x"},{"M":{"e":{"N":"3"}}},{"L":[]}]},"e":{"M":{"f":{"M":{"g":{"N":"7"}}},
"h":{"L":[{"S":"i"}]}}},"f":{"SS":["x","y"]},"g":{"NS":["1","2"]},"h":{"BS":["AA=="]},"i":{"BOOL":true},
"j":{"NULL":true},"s":{"S":"a \"quoted\" one"}}}"##;

/// `:a` to `:j`, of the types of the item's attributes.
const VALUES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/// Levels that an item may have.
const LEVELS_MAX: usize = 32;

/// See the module.
pub fn target(data: &[u8]) {
    let Some((choice, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    WORLD.with(|world| match choice % 5 {
        0 => world.condition(ExpressionKind::Condition, text),
        1 => world.condition(ExpressionKind::Filter, text),
        2 => world.key_condition(text),
        3 => world.update(text),
        _ => world.projection(text),
    });
}

thread_local! {
    static WORLD: World = World::new();
}

/// What an expression is run on.
struct World {
    item: Map,
    stored: Stored,
}

fn bindings(item: &Map) -> Bindings {
    let names = ["a", "d", "e", "z"].map(|name| (format!("#{name}"), name.to_owned())).to_vec();
    let value = |name: &str| (format!(":{name}"), item.get(name).cloned().unwrap_or(Value::Null));
    let values = VALUES.map(value).to_vec();
    Bindings::new(Some(names), Some(values)).unwrap_or_else(|error| panic!("{error}"))
}

impl World {
    fn new() -> Self {
        let item = GetItem::decode(ITEM.as_bytes()).map(|get| get.key).unwrap_or_default();
        assert!(!item.is_empty(), "the item itself can be read");
        Self { stored: Stored::encode(&item), item }
    }

    fn condition(&self, kind: ExpressionKind, text: &str) {
        let ast = match ConditionAst::parse(kind, text) {
            Ok(ast) => ast,
            Err(error) => return drop((error.to_string(), error.with_expression_size())),
        };
        let mut bindings = bindings(&self.item);
        match Condition::bind(kind, &ast, &mut bindings) {
            Ok(condition) => {
                let of_tree = condition.matches(&self.item);
                assert_eq!(of_tree, condition.matches(&self.stored), "{text}");
                let _ = (condition.matches(&None::<Stored>), condition.attributes());
            }
            Err(error) => drop(error.to_string()),
        }
        let _ = bindings.finish().map_err(|error| error.to_string());
    }

    fn key_condition(&self, text: &str) {
        let Ok(ast) = ConditionAst::parse(ExpressionKind::KeyCondition, text) else { return };
        let clauses = match KeyClauses::bind(&ast, &mut bindings(&self.item)) {
            Ok(clauses) => clauses,
            Err(error) => return drop(error.to_string()),
        };
        let key = |name: &'static str, kind| KeyAttribute { name, kind };
        let (partition, sort) = (key("a", KeyKind::S), [key("b", KeyKind::N), key("c", KeyKind::B)]);
        for sort in [&sort[..0], &sort[..1], &sort[..]] {
            match clauses.against(std::slice::from_ref(&partition), sort) {
                Ok(condition) => assert_eq!(condition.partition.len(), 1, "{text}"),
                Err(error) => drop(error.to_string()),
            }
        }
    }

    fn update(&self, text: &str) {
        let ast = match UpdateAst::parse(text) {
            Ok(ast) => ast,
            Err(error) => return drop(error.to_string()),
        };
        let update = match Update::bind(&ast, &mut bindings(&self.item)) {
            Ok(update) => update,
            Err(error) => return drop(error.to_string()),
        };
        for old in [&self.item, &Map::new()] {
            let Ok(updated) = update.apply(old) else { continue };
            assert!(updated.item.iter().all(|(_, value)| value.depth() <= LEVELS_MAX), "{text}");
            let stored = Stored::encode(&updated.item);
            assert_eq!(stored.decode().as_ref(), Ok(&updated.item), "{text}");
            assert_eq!(stored.size(), updated.item.size(), "{text}");
            let written = updated.updated_new();
            assert_eq!(written, update.updated_new(Some(&Stored::encode(old)), &stored), "{text}");
            assert_eq!(update.touched(old), update.touched(&Stored::encode(old)), "{text}");
            let names = update.written_names();
            let is_touched = |name: &str| names.iter().any(|written| written.as_str() == name);
            for (name, value) in &updated.item {
                assert!(is_touched(name) || old.get(name) == Some(value), "{text} changed {name}");
            }
        }
        let _ = (update.creates_item(), update.touches_key(&["a", "b"]), update.request_charge());
    }

    fn projection(&self, text: &str) {
        let ast = match ProjectionAst::parse(text) {
            Ok(ast) => ast,
            Err(error) => return drop(error.to_string()),
        };
        match Projection::bind(&ast, &mut bindings(&self.item)) {
            Ok(projection) => {
                let of_tree = projection.apply(&self.item);
                assert_eq!(of_tree, projection.apply_stored(&self.stored), "{text}");
                assert!(of_tree.iter().all(|(name, _)| projection.names().contains(name)), "{text}");
            }
            Err(error) => drop(error.to_string()),
        }
    }
}
