//! Topics and subscriptions as publishing sees them: in memory, compiled, replaced whole when they change.

use super::arn::TopicArn;
use super::failure::Failure;
use super::fifo::Fifo;
use super::filter_policy::{FilterPolicy, Scope};
use super::records::{Subscription, Topic};
use super::subscription_attributes as attributes;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a topic is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place {
    account: String,
    region: String,
    name: String,
}

/// A topic and its subscriptions.
#[derive(Clone, Debug)]
pub(super) struct Live {
    pub(super) topic: Topic,
    pub(super) subscriptions: BTreeMap<String, Arc<Subscriber>>,
    /// Of a FIFO topic: its order, and what it remembers.
    pub(super) fifo: Arc<tokio::sync::Mutex<Fifo>>,
}

/// A subscription, and its policies.
#[derive(Clone, Debug)]
pub(super) struct Subscriber {
    pub(super) record: Subscription,
    pub(super) filter: Option<FilterPolicy>,
    pub(super) dead_letters: Option<String>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct State {
    shared: bool,
    topics: BTreeMap<Place, Arc<Live>>,
    /// The topic of each subscription.
    subscriptions: HashMap<String, Place>,
}

impl Subscriber {
    /// Compiles the policies of a record.
    pub(super) fn new(record: Subscription) -> Result<Self, Failure> {
        let attribute = |name| record.attributes.get(name);
        let scope = attribute("FilterPolicyScope").map_or(Ok(Scope::default()), |text| Scope::parse(text))?;
        let filter = attribute("FilterPolicy").map(|text| FilterPolicy::parse(text, scope)).transpose()?;
        let dead_letters =
            attribute("RedrivePolicy").map(|text| attributes::dead_letters(text)).transpose()?;
        Ok(Self { filter: filter.flatten(), dead_letters, record })
    }
}

impl State {
    pub(super) fn new(shared: bool) -> Self {
        Self { shared, ..Self::default() }
    }

    /// Where a topic of this name is.
    pub(super) fn place(&self, arn: &TopicArn) -> Place {
        self.place_at(&arn.account, &arn.region, &arn.name)
    }

    /// Where this topic is.
    pub(super) fn place_of(&self, topic: &Topic) -> Place {
        self.place_at(&topic.account, &topic.region, &topic.name)
    }

    fn place_at(&self, account: &str, region: &str, name: &str) -> Place {
        let scope = |text: &str| if self.shared { String::new() } else { text.to_owned() };
        Place { account: scope(account), region: scope(region), name: name.to_owned() }
    }

    pub(super) fn topic(&self, place: &Place) -> Option<&Arc<Live>> {
        self.topics.get(place)
    }

    /// The topics of an account in a region, in the order of their names.
    pub(super) fn topics<'a>(
        &'a self,
        account: &'a str,
        region: &'a str,
    ) -> impl Iterator<Item = &'a Arc<Live>> {
        let ours = move |place: &Place| self.shared || (place.account == account && place.region == region);
        self.topics.iter().filter(move |(place, _)| ours(place)).map(|(_, live)| live)
    }

    /// The topic of a subscription, and the subscription.
    pub(super) fn subscription(&self, id: &str) -> Option<(&Arc<Live>, &Arc<Subscriber>)> {
        let live = self.topics.get(self.subscriptions.get(id)?)?;
        Some((live, live.subscriptions.get(id)?))
    }

    /// Puts a topic where it belongs, in the place of what it was.
    pub(super) fn install(&mut self, live: Live) {
        let place = self.place_of(&live.topic);
        self.forget_subscriptions(&place);
        for id in live.subscriptions.keys() {
            self.subscriptions.insert(id.clone(), place.clone());
        }
        self.topics.insert(place, Arc::new(live));
    }

    /// Takes a topic away.
    pub(super) fn remove(&mut self, place: &Place) {
        self.forget_subscriptions(place);
        self.topics.remove(place);
    }

    /// Puts a subscription into its topic, in the place of what it was.
    pub(super) fn install_subscription(&mut self, place: &Place, subscriber: Subscriber) {
        let Some(live) = self.topics.get_mut(place) else { return };
        let id = subscriber.record.id.clone();
        Arc::make_mut(live).subscriptions.insert(id.clone(), Arc::new(subscriber));
        self.subscriptions.insert(id, place.clone());
    }

    /// Takes a subscription away.
    pub(super) fn remove_subscription(&mut self, place: &Place, id: &str) {
        let Some(live) = self.topics.get_mut(place) else { return };
        Arc::make_mut(live).subscriptions.remove(id);
        self.subscriptions.remove(id);
    }

    fn forget_subscriptions(&mut self, place: &Place) {
        if let Some(live) = self.topics.get(place) {
            for id in live.subscriptions.keys() {
                self.subscriptions.remove(id);
            }
        }
    }
}
