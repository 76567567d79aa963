//! What operations share in reading a request: its expressions, and the parameters from before expressions.

mod legacy;

pub(crate) use legacy::of_query_filter;

use crate::Database;
use crate::write::Guard;
use expression::{
    Bindings, Condition, ExpressionError, ExpressionKind, KeyClauses, Projection, SearchClauses, Update,
};
use wire::dynamodb::{ExpressionNames, ExpressionValues};
use wire::{ApiError, Layer};

/// The expressions of a request, by their parameters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Texts<'a> {
    /// `UpdateExpression`
    pub(crate) update: Option<&'a str>,
    /// `ConditionExpression`
    pub(crate) condition: Option<&'a str>,
    /// `KeyConditionExpression`
    pub(crate) key_condition: Option<&'a str>,
    /// `FilterExpression`
    pub(crate) filter: Option<&'a str>,
    /// `SearchConditionExpression`
    pub(crate) search: Option<&'a str>,
    /// `ProjectionExpression`
    pub(crate) projection: Option<&'a str>,
}

/// The expressions of a request, bound to its names and values, or the parameters from before expressions.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    /// `UpdateExpression`
    pub(crate) update: Option<Update>,
    /// `ConditionExpression`
    pub(crate) condition: Option<Condition>,
    /// `KeyConditionExpression`
    pub(crate) key_condition: Option<KeyClauses>,
    /// `FilterExpression`
    pub(crate) filter: Option<Condition>,
    /// `SearchConditionExpression`
    pub(crate) search: Option<SearchClauses>,
    /// `ProjectionExpression`
    pub(crate) projection: Option<Projection>,
}

impl Bound {
    /// The condition as the guard of an action.
    pub(crate) fn guard(&mut self) -> Guard {
        self.condition.take().map_or(Guard::None, Guard::Condition)
    }
}

impl Texts<'_> {
    fn any(&self) -> bool {
        let all =
            [self.update, self.condition, self.key_condition, self.filter, self.search, self.projection];
        all.iter().any(Option::is_some)
    }
}

impl Database {
    /// Parses (or finds parsed) the expressions of a request and binds them to its names and values.
    ///
    /// # Errors
    /// What is wrong with them, in the envelope of the request's layer.
    pub(crate) fn bind(
        &self,
        texts: Texts<'_>,
        names: Option<ExpressionNames>,
        values: Option<ExpressionValues>,
        layer: Layer,
    ) -> Result<Bound, ApiError> {
        self.bound(texts, names, values).map_err(|error| refused(&error, layer))
    }

    fn bound(
        &self,
        texts: Texts<'_>,
        names: Option<ExpressionNames>,
        values: Option<ExpressionValues>,
    ) -> Result<Bound, ExpressionError> {
        if !texts.any() {
            Bindings::without_expressions(names.is_some(), values.is_some())?;
            return Ok(Bound::default());
        }
        // Every text is parsed before any placeholder is looked up.
        let cache = &self.expressions;
        let condition = |kind, text| cache.condition(kind, text);
        let conditions =
            texts.condition.map(|text| condition(ExpressionKind::Condition, text)).transpose()?;
        let update = texts.update.map(|text| cache.update(text)).transpose()?;
        let keys =
            texts.key_condition.map(|text| condition(ExpressionKind::KeyCondition, text)).transpose()?;
        let filter = texts.filter.map(|text| condition(ExpressionKind::Filter, text)).transpose()?;
        let search = texts.search.map(|text| condition(ExpressionKind::SearchCondition, text)).transpose()?;
        let projection = texts.projection.map(|text| cache.projection(text)).transpose()?;
        let mut bindings = Bindings::new(names, values)?;
        let bindings = &mut bindings;
        let bind = |kind, ast: &expression::ConditionAst, bindings: &mut Bindings| {
            Condition::bind(kind, ast, bindings)
        };
        let bound = Bound {
            update: update.map(|ast| Update::bind(&ast, bindings)).transpose()?,
            condition: conditions.map(|ast| bind(ExpressionKind::Condition, &ast, bindings)).transpose()?,
            key_condition: keys.map(|ast| KeyClauses::bind(&ast, bindings)).transpose()?,
            filter: filter.map(|ast| bind(ExpressionKind::Filter, &ast, bindings)).transpose()?,
            search: search.map(|ast| SearchClauses::bind(&ast, bindings)).transpose()?,
            projection: projection.map(|ast| Projection::bind(&ast, bindings)).transpose()?,
        };
        bindings.finish()?;
        Ok(bound)
    }
}

/// What is wrong with an expression, as the operation's layer words it.
pub(crate) fn refused(error: &ExpressionError, layer: Layer) -> ApiError {
    let text = if layer.is_new() { None } else { error.with_expression_size() };
    layer.refuse(text.unwrap_or_else(|| error.to_string()))
}
