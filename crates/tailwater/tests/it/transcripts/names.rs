//! Names for what is another in each run.

/// A kind of such words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Shard,
    Uuid,
    Event,
    Number,
}

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Shard => "SHARD",
            Self::Uuid => "UUID",
            Self::Event => "EVENT",
            Self::Number => "NUMBER",
        }
    }

    /// Of which kind a word is.
    fn of(word: &str) -> Option<Self> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<usize> = word.split('-').map(str::len).collect();
        match word.strip_prefix("shardId-") {
            Some(rest) => (rest.len() == 29).then_some(Self::Shard),
            None if digits && word.len() >= 21 => Some(Self::Number),
            None if word.len() == 32 && word.bytes().all(is_hex) => Some(Self::Event),
            None if parts == [8, 4, 4, 4, 12] => Some(Self::Uuid),
            None => None,
        }
    }
}

/// What has got a name, in this order.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(Kind, String)>);

impl Names {
    /// A text with names in it.
    pub(super) fn given(&mut self, text: &str) -> String {
        let is_part = |char: char| char.is_ascii_alphanumeric() || char == '-';
        let mut out = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = rest.find(|char| is_part(char) != is_part(first)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            rest = after;
            match Kind::of(word) {
                Some(kind) => out += &self.name(kind, word),
                None => out += word,
            }
        }
        out
    }

    fn name(&mut self, kind: Kind, word: &str) -> String {
        let is_known = |known: &(Kind, String)| known.1 == word;
        if !self.0.iter().any(is_known) {
            self.0.push((kind, word.to_owned()));
        }
        let mut of_kind = self.0.iter().filter(|known| known.0 == kind);
        let place = of_kind.position(|known| known.1 == word).unwrap_or_default();
        format!("{}-{}", kind.title(), place + 1)
    }

    /// A text with what the names mean.
    pub(super) fn meant(&self, text: &str) -> String {
        let mut counts = [0; 4];
        let mut named: Vec<(String, &str)> = Vec::new();
        for (kind, word) in &self.0 {
            counts[*kind as usize] += 1;
            named.push((format!("{}-{}", kind.title(), counts[*kind as usize]), word));
        }
        // NUMBER-12 is not NUMBER-1 and a 2.
        named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        named.iter().fold(text.to_owned(), |text, (name, word)| text.replace(name, word))
    }
}

#[test]
fn names_are_given_in_order_and_understood() {
    let mut names = Names::default();
    let (shard, number) = ("shardId-00000001795248378047-044760f7", "100000000000007340032");
    let uuid = "53fcd651-3d02-4efe-b7cb-c4a133c2d0f6";
    let text = format!("{shard}:{number},{shard}:9{number} ({uuid}), or 20.");
    let shown = names.given(&text);
    assert_eq!(shown, "SHARD-1:NUMBER-1,SHARD-1:NUMBER-2 (UUID-1), or 20.");
    assert_eq!(names.meant("--from SHARD-1:NUMBER-2"), format!("--from {shard}:9{number}"));
    assert_eq!(
        names.given("table/dogs/stream/2030-01-01T00:00:00.000"),
        "table/dogs/stream/2030-01-01T00:00:00.000"
    );
}
