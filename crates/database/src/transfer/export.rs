//! An export: what it is of, where it goes, and writing it.

use super::items::{Chosen, Lines, Pages};
use super::job::{Failure, Job, Transfer, arn_id};
use super::manifests::Files;
use crate::Database;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use transfer::manifest;

/// An export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Export {
    pub(crate) job: Job,
    pub(crate) extent: Extent,
    pub(crate) bucket: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bucket_owner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sse_algorithm: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sse_key: Option<String>,
    /// As on the wire.
    pub(crate) format: String,
    /// The JSON of its FilterSpecification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) filter: Option<String>,
    pub(crate) items: u64,
    pub(crate) billed_bytes: u64,
}

/// Of which moment or time it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Extent {
    Full {
        time_ms: u64,
    },
    Incremental {
        from_ms: u64,
        to_ms: u64,
        /// As on the wire.
        view: String,
    },
}

impl Transfer for Export {
    fn job(&self) -> &Job {
        &self.job
    }
}

impl Export {
    /// What the keys of all its objects begin with.
    fn root(&self) -> String {
        let prefix = self.prefix.as_deref().unwrap_or_default().trim_end_matches('/');
        if prefix.is_empty() { "AWSDynamoDB/".to_owned() } else { format!("{prefix}/AWSDynamoDB/") }
    }

    /// What the keys of its manifests begin with.
    fn own(&self) -> String {
        format!("{}{}/", self.root(), arn_id(&self.job.arn))
    }

    /// The key of its summary.
    pub(super) fn manifest_key(&self) -> String {
        format!("{}manifest-summary.json", self.own())
    }

    /// What the keys of its files begin with.
    fn data(&self) -> String {
        match self.extent {
            Extent::Full { .. } => format!("{}data/", self.own()),
            Extent::Incremental { .. } => format!("{}data/", self.root()),
        }
    }

    fn summary(&self, ended_ms: u64) -> manifest::Summary {
        manifest::Summary {
            export_arn: self.job.arn.clone(),
            start_time: time(self.job.started_ms),
            end_time: time(ended_ms),
            table_arn: self.job.table_arn.clone(),
            table_id: self.job.table_uuid.clone(),
            extent: match &self.extent {
                Extent::Full { time_ms } => manifest::Extent::Full { time: time(*time_ms) },
                Extent::Incremental { from_ms, to_ms, view } => manifest::Extent::Incremental {
                    from: time(*from_ms),
                    to: time(*to_ms),
                    view: view.clone(),
                },
            },
            bucket: self.bucket.clone(),
            prefix: self.prefix.clone(),
            sse_algorithm: self.sse_algorithm.clone(),
            sse_key: self.sse_key.clone(),
            files_key: format!("{}manifest-files.json", self.own()),
            billed_bytes: self.billed_bytes,
            items: self.items,
            format: self.format.clone(),
        }
    }
}

fn time(ms: u64) -> String {
    format!("{}Z", streams::label::format(ms))
}

impl Database {
    /// Writes an export, and stores what became of it.
    pub(crate) async fn run_export(&self, export: &Arc<Export>, pages: Pages<'_>, chosen: Chosen) {
        let written = self.write_export(export, pages, chosen).await;
        let now_ms = self.environment.clock.now_ms();
        let ended = match written {
            Ok(written) => Export { job: export.job.completed(now_ms), ..written },
            Err(failure) => {
                tracing::warn!(
                    arn = export.job.arn,
                    code = failure.code,
                    failure.message,
                    "an export failed"
                );
                Export { job: export.job.failed(&failure, now_ms), ..(**export).clone() }
            }
        };
        if let Err(error) = self.store_export(ended).await {
            tracing::error!(%error, arn = export.job.arn, "the end of an export could not be stored");
        }
    }

    /// Writes the files, then the manifests: who sees the summary sees all of it.
    async fn write_export(
        &self,
        export: &Export,
        mut pages: Pages<'_>,
        chosen: Chosen,
    ) -> Result<Export, Failure> {
        let random = &self.environment.random;
        let mut files = Files::new(self.objects()?, export, random.clone());
        files.write_small(&format!("{}_started", export.own()), Vec::new()).await?;
        let lines = Arc::new(Lines { chosen, is_ion: export.format == "ION" });
        let data = export.data();
        while let Some(page) = pages.next().await? {
            files.write_page(&data, page, &lines).await?;
        }
        let (manifest, items) = files.finish(&data).await?;
        let written = Export { items, ..export.clone() };
        let summary = written.summary(self.environment.clock.now_ms()).to_json();
        for (name, text) in [("manifest-files", manifest), ("manifest-summary", summary)] {
            let (own, checksum) = (export.own(), manifest::checksum(&text));
            files.write_small(&format!("{own}{name}.md5"), checksum.into_bytes()).await?;
            files.write_small(&format!("{own}{name}.json"), text).await?;
        }
        Ok(written)
    }
}
