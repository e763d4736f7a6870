//! The `date` header of answers. Left to itself hyper takes it from the system's clock, and then no
//! two runs of a simulation have the same bytes on the wire.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use ports::Clock;
use tonic::codegen::http::{HeaderValue, Response, header::DATE};

/// Dates an answer by the program's clock.
pub fn dated_by<B>(
    clock: Arc<dyn Clock>,
) -> impl FnMut(Response<B>) -> Response<B> + Clone + Send + Sync + 'static {
    move |mut response| {
        let since_1970_ms = u64::try_from(clock.wall_ms()).unwrap_or(0);
        let moment = UNIX_EPOCH + Duration::from_millis(since_1970_ms);
        if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(moment)) {
            response.headers_mut().insert(DATE, date);
        }
        response
    }
}
