//! Layers: archives that functions share, in versions that do not change.

use super::Functions;
use super::change::stored;
use super::name::FunctionKey;
use super::record::{Layer, Policy};
use super::source::Received;
use crate::api::{Caller, Failure};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Snapshot, Store};

impl Layer {
    /// Under which its versions are kept.
    #[must_use]
    pub fn key(&self, shared: bool) -> FunctionKey {
        let (account, region) = if shared { ("", "") } else { (&*self.account, &*self.region) };
        FunctionKey { account: account.into(), region: region.into(), name: self.name.clone() }
    }
}

impl Functions {
    /// Makes the next version of a layer.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn publish_layer(&self, mut layer: Layer, content: Received) -> Result<Arc<Layer>, Failure> {
        self.alone(move |this| async move {
            // Its archive must be there until a record names it.
            let _content = content;
            let keys = this.inner.keys;
            let next = keys.next_layer((&layer.account, &layer.region, &layer.name));
            let last = this.inner.runner.store().snapshot().get(&next).map_err(Failure::internal)?;
            // Numbers are not used again, even where all versions are deleted.
            layer.version = match last {
                Some(last) => serde_json::from_slice(&last.value).map_err(Failure::internal)?,
                None => 1,
            };
            layer.created_ms = this.now_ms();
            let writes = vec![
                (next, Some(stored(&(layer.version + 1))?)),
                (keys.layer(&layer), Some(stored(&layer)?)),
            ];
            this.commit(writes).await?;
            let layer = Arc::new(layer);
            let key = layer.key(this.inner.options.shared);
            let mut registry = this.registry_mut();
            registry.layers.entry(key).or_default().insert(layer.version, Arc::clone(&layer));
            Ok(layer)
        })
        .await
    }

    /// Deletes a version of a layer. Functions that use it go on using it.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn delete_layer(&self, layer: Arc<Layer>) -> Result<(), Failure> {
        self.alone(move |this| async move {
            let record = this.inner.keys.layer(&layer);
            this.commit(vec![(record, None)]).await?;
            let key = layer.key(this.inner.options.shared);
            {
                let layers = &mut this.registry_mut().layers;
                if let Some(versions) = layers.get_mut(&key) {
                    versions.remove(&layer.version);
                    if versions.is_empty() {
                        layers.remove(&key);
                    }
                }
            }
            this.collect_archives().await;
            Ok(())
        })
        .await
    }

    /// Changes who may use a version of a layer.
    ///
    /// # Errors
    /// When the version is not there any more, the change refuses, or it cannot be stored.
    pub async fn edit_layer_policy<F>(&self, layer: Arc<Layer>, edit: F) -> Result<(), Failure>
    where
        F: FnOnce(Option<Policy>) -> Result<Option<Policy>, Failure> + Send + 'static,
    {
        self.alone(move |this| async move {
            let key = layer.key(this.inner.options.shared);
            let found = this.registry().layers.get(&key).and_then(|all| all.get(&layer.version)).cloned();
            let mut changed = found.as_deref().cloned().ok_or_else(|| no_version(&layer))?;
            changed.policy = edit(changed.policy)?;
            let record = this.inner.keys.layer(&changed);
            this.commit(vec![(record, Some(stored(&changed)?))]).await?;
            let mut registry = this.registry_mut();
            registry.layers.entry(key).or_default().insert(changed.version, Arc::new(changed));
            Ok(())
        })
        .await
    }

    /// The versions of each layer of a caller.
    #[must_use]
    pub fn layers(&self, caller: &Caller) -> Vec<BTreeMap<u64, Arc<Layer>>> {
        let registry = self.registry();
        let of_caller = registry.layers.iter().filter(|(key, _)| {
            self.inner.options.shared || (key.account == caller.account && key.region == caller.region)
        });
        of_caller.map(|(_, versions)| versions.clone()).collect()
    }

    /// The version of a layer that an ARN names.
    #[must_use]
    pub fn layer(&self, arn: &str) -> Option<Arc<Layer>> {
        let parts: Vec<&str> = arn.split(':').collect();
        let ["arn", _, "lambda", region, account, "layer", name, version] = parts[..] else { return None };
        let key = self.key_of(account, region, name);
        self.registry().layers.get(&key)?.get(&version.parse().ok()?).cloned()
    }
}

fn no_version(layer: &Layer) -> Failure {
    Failure::not_found(format!("The resource you requested does not exist: {}", layer.version_arn()))
}
