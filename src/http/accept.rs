//! Which of the two JSON media types the client wants (GraphQL over HTTP, "Accept").

/// A media type of a GraphQL answer. It decides the status of refused documents, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/graphql-response+json`: a refused document is a 4xx.
    GraphqlResponse,
    /// `application/json`: every well-formed request is a 200, as old clients expect.
    Json,
}

impl MediaType {
    /// The value of the `Content-Type` header.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    fn subtype(self) -> &'static str {
        match self {
            Self::GraphqlResponse => "graphql-response+json",
            Self::Json => "json",
        }
    }
}

/// How a media range of the client fits a media type of ours: precision, then quality in
/// thousandths. The most precise range that names a type decides its quality (RFC 9110, 12.5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    precision: u8,
    quality: u16,
}

/// Chooses the media type of the answer, or `None` when nothing we speak is acceptable.
///
/// `accept` are the values of all `Accept` headers. A missing or empty header and wildcards mean
/// `application/json`: clients that know the newer type name it.
pub fn negotiate<'a>(accept: impl IntoIterator<Item = &'a str>) -> Option<MediaType> {
    let mut ranges = accept
        .into_iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .peekable();
    if ranges.peek().is_none() {
        return Some(MediaType::Json);
    }
    let (mut graphql, mut json) = (None, None);
    for range in ranges {
        graphql = graphql.max(fit(range, "application", MediaType::GraphqlResponse.subtype()));
        json = json.max(fit(range, "application", MediaType::Json.subtype()));
    }
    let wanted = |fit: Option<Fit>| fit.filter(|fit| fit.quality > 0);
    match (wanted(graphql), wanted(json)) {
        (None, None) => None,
        (Some(_), None) => Some(MediaType::GraphqlResponse),
        (None, Some(_)) => Some(MediaType::Json),
        // Equally welcome: the newer type when it is named, else what a wildcard means.
        (Some(graphql), Some(json)) => Some(match graphql.quality.cmp(&json.quality) {
            std::cmp::Ordering::Greater => MediaType::GraphqlResponse,
            std::cmp::Ordering::Less => MediaType::Json,
            std::cmp::Ordering::Equal if graphql.precision == NAMED => MediaType::GraphqlResponse,
            std::cmp::Ordering::Equal => MediaType::Json,
        }),
    }
}

const NAMED: u8 = 2;

/// Whether the client wants its answer as a stream of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Events {
    /// It does not, or does not say so.
    No,
    /// It takes one, and likes JSON no less: that is what an operation with one answer gets.
    AsWell,
    /// It does, whatever the operation.
    Rather,
}

/// Whether the client wants a stream of events: `text/event-stream`, named as such.
pub fn events<'a>(accept: impl IntoIterator<Item = &'a str>) -> Events {
    let (mut stream, mut json) = (None, None);
    for range in accept.into_iter().flat_map(|value| value.split(',')).map(str::trim) {
        stream = stream.max(fit(range, "text", "event-stream").filter(|fit| fit.precision == NAMED));
        for media_type in [MediaType::GraphqlResponse, MediaType::Json] {
            json = json.max(fit(range, "application", media_type.subtype()).map(|fit| fit.quality));
        }
    }
    match stream.map_or(0, |fit| fit.quality) {
        0 => Events::No,
        quality if json.is_some_and(|json| json >= quality) => Events::AsWell,
        _ => Events::Rather,
    }
}

/// How `range` fits a media type; `None` when it does not or is not a media range.
fn fit(range: &str, own_kind: &str, own_subtype: &str) -> Option<Fit> {
    let mut parts = range.split(';').map(str::trim);
    let (kind, subtype) = parts.next()?.split_once('/')?;
    let precision = if kind.eq_ignore_ascii_case(own_kind) && subtype.eq_ignore_ascii_case(own_subtype) {
        NAMED
    } else if kind.eq_ignore_ascii_case(own_kind) && subtype == "*" {
        1
    } else if kind == "*" && subtype == "*" {
        0
    } else {
        return None;
    };
    let mut quality = 1000;
    for parameter in parts {
        let Some((name, value)) = parameter.split_once('=') else {
            continue;
        };
        let value = value.trim().trim_matches('"');
        match name.trim() {
            name if name.eq_ignore_ascii_case("q") => quality = thousandths(value)?,
            // We answer in UTF-8 and nothing else.
            name if name.eq_ignore_ascii_case("charset") && !is_utf8(value) => return None,
            _ => {}
        }
    }
    Some(Fit { precision, quality })
}

/// Whether a `charset` parameter means UTF-8.
pub(super) fn is_utf8(charset: &str) -> bool {
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// `0`, `1`, `0.5`, `0.123` as thousandths.
fn thousandths(quality: &str) -> Option<u16> {
    let quality: f32 = quality.parse().ok()?;
    // The range check makes the cast exact enough and free of surprises with NaN.
    (0.0..=1.0).contains(&quality).then(|| (quality * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_events_is_wanted_when_it_is_named() {
        for (accept, wanted) in [
            ("", Events::No),
            ("*/*", Events::No),
            ("text/*", Events::No),
            ("application/json", Events::No),
            ("text/event-stream;q=0", Events::No),
            ("text/event-stream", Events::Rather),
            ("text/event-stream, application/json;q=0.9", Events::Rather),
            ("application/graphql-response+json, application/json, text/event-stream", Events::AsWell),
            ("text/event-stream;q=0.5, */*", Events::AsWell),
        ] {
            assert_eq!(events([accept]), wanted, "{accept}");
        }
    }

    const GRAPHQL: Option<MediaType> = Some(MediaType::GraphqlResponse);
    const JSON: Option<MediaType> = Some(MediaType::Json);

    #[test]
    fn the_client_gets_the_media_type_it_prefers() {
        for (accept, expected) in [
            ("", JSON),
            ("*/*", JSON),
            ("application/*", JSON),
            ("application/json", JSON),
            ("APPLICATION/JSON; Charset=UTF-8", JSON),
            ("application/graphql-response+json", GRAPHQL),
            ("application/graphql-response+json, application/json", GRAPHQL),
            ("application/json, application/graphql-response+json", GRAPHQL),
            ("application/graphql-response+json;q=0.5, application/json", JSON),
            ("application/graphql-response+json, application/json;q=0.9", GRAPHQL),
            ("application/json;q=0, */*", GRAPHQL),
            ("application/graphql-response+json;charset=latin1, */*;q=0.1", JSON),
            ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
            ("nonsense, application/json", JSON),
            ("application/json;profile=x", JSON),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=utf-16", None),
            ("nonsense", None),
            ("*/json", None),
            ("application/json;q=NaN", None),
        ] {
            assert_eq!(negotiate([accept]), expected, "{accept}");
        }
    }

    #[test]
    fn several_headers_are_one_list() {
        assert_eq!(negotiate([]), JSON);
        assert_eq!(negotiate(["text/html", "application/graphql-response+json"]), GRAPHQL);
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_panic(accept in ".{0,200}") {
            let _ = negotiate([accept.as_str()]);
        }
    }
}
