//! ImportTable: a new table of what objects hold. Its items are read after this has answered.

use crate::Database;
use crate::caller::{Caller, Reply};
use crate::catalog::Entry;
use crate::control::{Control, detached};
use crate::operations::create_table;
use crate::transfer::{Asked, Figures, Import, Job, describe_import};
use serde_json::json;
use std::sync::Arc;
use wire::ApiError;
use wire::dynamodb::ImportTable;
use wire::dynamodb::enumeration::{Enumeration, InputFormat};

/// The most imports of an account that may be under way.
const RUNNING_MAX: usize = 50;

impl Database {
    /// ImportTable.
    ///
    /// # Errors
    /// When the request breaks a rule, or a table of the name exists.
    pub async fn import_table(self: &Arc<Self>, caller: &Caller, body: &[u8]) -> Result<Reply, ApiError> {
        let request = ImportTable::decode(body)?;
        let asked = Asked::of(body, request.client_token.as_deref(), self.hasher);
        if request.format != InputFormat::Csv && request.options_json.as_deref().is_some_and(is_of_csv) {
            let text = "InputFormatOptions.Csv can only be specified when InputFormat is CSV";
            return Err(ApiError::validation(text));
        }
        create_table::check(&request.table)?;
        let (database, caller) = (Arc::clone(self), caller.clone());
        detached(async move { database.import((caller, asked), request).await }).await
    }

    async fn import(
        self: &Arc<Self>,
        (caller, asked): (Caller, Asked),
        request: ImportTable,
    ) -> Result<Reply, ApiError> {
        let mut control = self.control.lock().await;
        let reply =
            |import: &Import| Reply::json(&json!({ "ImportTableDescription": describe_import(import) }));
        let now_ms = self.environment.clock.now_ms();
        if let Some(import) = self.imports.of_token(&caller, &asked, now_ms) {
            if import.job.fingerprint == asked.fingerprint {
                return Ok(reply(&import));
            }
            return Err(ApiError::import_conflict(
                "There was a conflict with another import request that has the same client token",
            ));
        }
        let (import, entry) = self.begin_import(&caller, asked, request, &mut control).await?;
        let database = Arc::clone(self);
        let answer = reply(&import);
        let run = async move { database.run_import(&import, &entry).await };
        self.environment.background.once("import", run);
        Ok(answer)
    }

    /// Makes the table, which shows to nobody, and stores the import. The caller holds the control lock.
    async fn begin_import(
        &self,
        caller: &Caller,
        asked: Asked,
        request: ImportTable,
        control: &mut Control,
    ) -> Result<(Arc<Import>, Arc<Entry>), ApiError> {
        self.refuse_existing(caller, &request.table.table_name)?;
        if self.imports.running(caller) >= RUNNING_MAX {
            return Err(ApiError::limit_exceeded(format!(
                "Subscriber limit exceeded: There are already {RUNNING_MAX} imports in progress"
            )));
        }
        let mut table = self.new_table(caller, &request.table, control)?;
        let now_ms = self.environment.clock.now_ms();
        let job = Job::begin("import", &table, asked, now_ms, &self.environment.random);
        table.import = Some(job.arn.clone());
        let spaces = table.spaces();
        let made = self.commit_new(table, &request.table, control).await;
        if made.is_err() {
            self.drop_spaces(&spaces);
        }
        let entry = self.catalog.by_id(made?.table_id()).ok_or_else(crate::control::interrupted)?;
        let import = Import {
            job,
            bucket: request.bucket,
            bucket_owner: request.bucket_owner,
            prefix: request.prefix,
            format: request.format.as_str().to_owned(),
            csv_delimiter: request.csv_delimiter.map(char::from),
            csv_header: request.csv_header,
            compression: request.compression.as_str().to_owned(),
            options: request.options_json,
            table: request.table_json,
            figures: Figures::default(),
        };
        match self.store_import(import).await {
            Ok(import) => Ok((import, entry)),
            Err(error) => {
                self.drop_table(&entry).await?;
                Err(error)
            }
        }
    }
}

fn is_of_csv(options: &str) -> bool {
    options.contains("\"Csv\":{")
}
