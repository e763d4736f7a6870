//! Price files: in from operators, out to lanes.

use domain::{limits::PRICE_FILE_BYTES_MAX, prices::PriceFaults, time::WallMs};
use futures::{Stream, StreamExt, stream};
use proto::store::v1::{
    FileFault, ImportPricesRequest, ImportPricesResponse, LanePrices, PriceFileRequest,
    PriceFileResponse, PricesResponse,
};
use tonic::{Status, Streaming};

use super::{Services, lane_service::Frames, stopping};
use crate::{
    actors::{lanes::ViewLanes, prices::ViewPrices},
    prices::{About, Encoding, NotTaken, Source, check},
};

/// A file that came in, whole.
struct Upload {
    about: About,
    encoding: Encoding,
    bytes: Vec<u8>,
}

impl Services {
    /// The file that each request names, from the one copy the hub holds.
    pub(super) fn price_files(
        &self,
        requests: Streaming<PriceFileRequest>,
    ) -> Frames<PriceFileResponse> {
        let offer = self.offer.clone();
        let stream = requests.flat_map(move |request| {
            let prices = request.and_then(|request| {
                let named = offer.borrow().named(&request.version).cloned();
                let no_such = || Status::not_found("the hub has no such price version");
                named
                    .ok_or_else(no_such)
                    .map(|prices| (prices, request.have_version))
            });
            match prices {
                Ok((prices, have)) => stream::iter(prices.chunks(&have).map(Ok)).left_stream(),
                Err(status) => stream::iter([Err(status)]).right_stream(),
            }
        });
        Box::pin(stream)
    }

    /// Reads a file, checks it, keeps it. One at a time: a file may be large.
    pub(super) async fn take_prices(
        &self,
        chunks: Streaming<ImportPricesRequest>,
    ) -> Result<ImportPricesResponse, Status> {
        let turn = self.importer.turn.try_acquire();
        let _turn = turn.map_err(|_| not_taken_status(&NotTaken::Busy))?;
        let upload = receive(chunks).await?;
        let checked = check(&upload.bytes, upload.encoding, self.importer.currency);
        let checked = match checked {
            Ok(checked) => checked,
            Err(faults) => return Ok(refused(&faults)),
        };
        let columns_not_read = checked.not_read.clone();
        let imported = self.importer.take(checked, upload.about).await;
        let imported = imported.map_err(|why| not_taken_status(&why))?;
        Ok(ImportPricesResponse {
            taken: true,
            version: imported.version,
            articles: imported.articles,
            from_wall_ms: imported.from.0,
            known: imported.known,
            columns_not_read,
            ..Default::default()
        })
    }

    /// The versions of the store, and what each lane sells by.
    pub(super) async fn view_prices(&self) -> Result<PricesResponse, Status> {
        let versions = self.prices.send(ViewPrices).await.map_err(stopping)?;
        let lanes = self.lanes.send(ViewLanes).await.map_err(stopping)?;
        let lanes = lanes.into_iter().map(|lane| LanePrices {
            lane: lane.lane,
            connected: lane.connected,
            version: lane.price_file_version,
            answers: lane.price_answers,
        });
        Ok(PricesResponse {
            version: self.offer.borrow().selling.version.clone(),
            versions,
            lanes: lanes.collect(),
        })
    }
}

async fn receive(
    mut chunks: impl Stream<Item = Result<ImportPricesRequest, Status>> + Unpin,
) -> Result<Upload, Status> {
    let first = chunks.next().await;
    let first = first.ok_or_else(|| Status::invalid_argument("an empty stream"))??;
    let encoding = Encoding::from_proto(first.text_encoding);
    let encoding = encoding.ok_or_else(|| {
        let number = first.text_encoding;
        Status::invalid_argument(format!("encoding {number} is neither UTF-8 nor GBK"))
    })?;
    let at = first.activate_at_wall_ms;
    let about = About {
        source: Source::Import,
        file_name: first.file_name,
        from: (at != 0).then_some(WallMs(at)),
    };
    let mut bytes = first.chunk.to_vec();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk?.chunk);
        if bytes.len() > PRICE_FILE_BYTES_MAX {
            let most = format!("a price file has at most {PRICE_FILE_BYTES_MAX} bytes");
            return Err(Status::invalid_argument(most));
        }
    }
    Ok(Upload {
        about,
        encoding,
        bytes,
    })
}

fn refused(faults: &PriceFaults) -> ImportPricesResponse {
    let told = faults.told().iter();
    ImportPricesResponse {
        faults: told
            .map(|fault| FileFault {
                line: fault.line,
                column: fault.column.clone(),
                what: fault.what.to_string(),
            })
            .collect(),
        more_faults: faults.more(),
        ..Default::default()
    }
}

/// The one place where a file that can't be kept becomes a gRPC status.
fn not_taken_status(why: &NotTaken) -> Status {
    let text = why.to_string();
    match why {
        NotTaken::TooManyWait | NotTaken::NoRoom | NotTaken::Busy => {
            Status::failed_precondition(text)
        }
        NotTaken::NotKept(_) | NotTaken::Journal(_) => Status::internal(text),
        NotTaken::Stopping => Status::unavailable(text),
    }
}
