//! A cash drawer on a relay of the Pi, in place of the printer's connector. The coil of a drawer
//! burns when it stays on: the pulse is short, and over whatever happens to who asked for it.

use std::{cell::RefCell, rc::Rc, time::Duration};

use domain::limits;
use futures::future::LocalBoxFuture;
use rppal::gpio::{Gpio, InputPin, OutputPin};
use tokio::{sync::watch, task::spawn_local, time::sleep};

use super::{
    Device, DeviceClass, DeviceError, DeviceState, PosPrinter, PrintFault, PrintJob, PrinterHand,
    PrinterStatus, escpos::DrawerSensor,
};
use crate::config::GpioDrawerConfig;

/// What a relay does.
trait Relay {
    /// The coil is on, or off.
    fn switch(&mut self, on: bool);

    /// Whether the drawer is open; `None`: no sensor.
    fn is_open(&self) -> Option<bool>;
}

/// Opens a relay anew; the fault is for a person.
type OpenRelay = Box<dyn Fn() -> Result<Box<dyn Relay>, String>>;

/// A printer whose drawer hangs on the Pi.
pub(super) struct WithGpioDrawer {
    printer: Box<dyn PosPrinter>,
    open_relay: OpenRelay,
    pulse: Duration,
    relay: Rc<RefCell<Option<Box<dyn Relay>>>>,
    /// A pulse is on its way: what else asks is served by it.
    pulsing: Rc<RefCell<bool>>,
}

impl WithGpioDrawer {
    /// On the pins of this Pi.
    pub(super) fn on_a_pi(printer: Box<dyn PosPrinter>, config: &GpioDrawerConfig) -> Self {
        let config = config.clone();
        let pulse_ms = config.pulse_ms;
        Self::new(printer, pulse_ms, Box::new(move || PiRelay::open(&config)))
    }

    fn new(printer: Box<dyn PosPrinter>, pulse_ms: u64, open_relay: OpenRelay) -> Self {
        Self {
            printer,
            open_relay,
            pulse: Duration::from_millis(pulse_ms.min(limits::DRAWER_PULSE_MS_MAX)),
            relay: Rc::default(),
            pulsing: Rc::default(),
        }
    }

    fn relay_is_there(&self) -> Result<(), DeviceError> {
        let mut relay = self.relay.borrow_mut();
        if relay.is_none() {
            let opened = (self.open_relay)();
            *relay = Some(opened.map_err(|what| DeviceError::new(DeviceClass::CashDrawer, what))?);
        }
        Ok(())
    }

    /// In a task of its own: whoever asked may be gone before the pulse is over.
    fn pulse(&self) -> Result<(), DeviceError> {
        self.relay_is_there()?;
        if self.pulsing.replace(true) {
            return Ok(());
        }
        let (relay, pulsing) = (Rc::clone(&self.relay), Rc::clone(&self.pulsing));
        let pulse = self.pulse;
        spawn_local(async move {
            switch(&relay, true);
            sleep(pulse).await;
            switch(&relay, false);
            pulsing.replace(false);
        });
        Ok(())
    }

    fn drawer_open(&self) -> Option<bool> {
        self.relay
            .borrow()
            .as_ref()
            .and_then(|relay| relay.is_open())
    }
}

fn switch(relay: &RefCell<Option<Box<dyn Relay>>>, on: bool) {
    if let Some(relay) = relay.borrow_mut().as_mut() {
        relay.switch(on);
    }
}

impl Drop for WithGpioDrawer {
    fn drop(&mut self) {
        switch(&self.relay, false);
    }
}

impl Device for WithGpioDrawer {
    fn class(&self) -> DeviceClass {
        self.printer.class()
    }

    fn state(&self) -> DeviceState {
        self.printer.state()
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        let relay = self.relay_is_there();
        self.printer.open().and(relay)
    }

    fn release(&mut self) {
        switch(&self.relay, false);
        *self.relay.borrow_mut() = None;
        self.printer.release();
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        self.relay_is_there().and(self.printer.check_health())
    }
}

impl PosPrinter for WithGpioDrawer {
    fn print<'a>(&'a self, job: &'a PrintJob) -> LocalBoxFuture<'a, Result<(), PrintFault>> {
        self.printer.print(job)
    }

    fn open_drawer(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        let pulsed = self.pulse();
        Box::pin(async move { pulsed })
    }

    fn status(&self) -> watch::Receiver<PrinterStatus> {
        self.printer.status()
    }

    fn attend(&self) -> LocalBoxFuture<'_, ()> {
        self.printer.attend()
    }

    fn examine(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async move {
            self.relay_is_there()?;
            if self.drawer_open() == Some(true) {
                let what = "the drawer is open: close it";
                return Err(DeviceError::new(DeviceClass::CashDrawer, what));
            }
            self.printer.examine().await
        })
    }

    fn hand(&self) -> Option<PrinterHand> {
        self.printer.hand()
    }
}

/// Pins of the Pi. `rppal` sets them back when they are dropped.
struct PiRelay {
    coil: OutputPin,
    on_is_high: bool,
    sensor: Option<InputPin>,
    sensor_says: DrawerSensor,
}

impl PiRelay {
    fn open(config: &GpioDrawerConfig) -> Result<Box<dyn Relay>, String> {
        let gpio = Gpio::new().map_err(|error| format!("no GPIO here: {error}"))?;
        let pin = |pin| {
            let taken = gpio.get(pin);
            taken.map_err(|error| format!("GPIO {pin}: {error}"))
        };
        let coil = match config.on_is_high {
            true => pin(config.pin)?.into_output_low(),
            false => pin(config.pin)?.into_output_high(),
        };
        let sensor = match config.sensor_pin {
            Some(number) => Some(pin(number)?.into_input_pullup()),
            None => None,
        };
        Ok(Box::new(Self {
            coil,
            on_is_high: config.on_is_high,
            sensor,
            sensor_says: config.sensor,
        }))
    }
}

impl Relay for PiRelay {
    fn switch(&mut self, on: bool) {
        if on == self.on_is_high {
            self.coil.set_high();
        } else {
            self.coil.set_low();
        }
    }

    fn is_open(&self) -> Option<bool> {
        self.sensor_says.is_open(self.sensor.as_ref()?.is_high())
    }
}

#[cfg(test)]
mod tests {
    use tokio::{task::LocalSet, time::Instant};

    use super::*;
    use crate::devices::FilePrinter;

    /// Whether the coil went on or off, and after which time.
    type Switched = Rc<RefCell<Vec<(bool, Duration)>>>;

    struct FakeRelay {
        switched: Switched,
        since: Instant,
        open: Option<bool>,
    }

    impl Relay for FakeRelay {
        fn switch(&mut self, on: bool) {
            let at = self.since.elapsed();
            self.switched.borrow_mut().push((on, at));
        }

        fn is_open(&self) -> Option<bool> {
            self.open
        }
    }

    /// However busy the machine is.
    async fn until_switched(switched: &Switched, times: usize) {
        while switched.borrow().len() < times {
            sleep(Duration::from_millis(5)).await;
        }
    }

    fn on_and_off(switched: &Switched) -> Vec<bool> {
        switched.borrow().iter().map(|(on, _)| *on).collect()
    }

    fn drawer(pulse_ms: u64, open: Option<bool>) -> (WithGpioDrawer, Switched, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let switched = Switched::default();
        let (told, since) = (Rc::clone(&switched), Instant::now());
        let open_relay = move || {
            let switched = Rc::clone(&told);
            let relay = FakeRelay {
                switched,
                since,
                open,
            };
            Ok(Box::new(relay) as Box<dyn Relay>)
        };
        let printer = Box::new(FilePrinter::new(folder.path().to_owned()));
        let mut drawer = WithGpioDrawer::new(printer, pulse_ms, Box::new(open_relay));
        drawer.open().unwrap();
        (drawer, switched, folder)
    }

    #[tokio::test]
    async fn a_pulse_ends_though_nobody_waits_for_it_and_two_at_once_are_one() {
        let here = LocalSet::new();
        here.run_until(async {
            let (drawer, switched, _folder) = drawer(20, None);
            drawer.open_drawer().await.unwrap();
            drop(drawer.open_drawer());
            until_switched(&switched, 2).await;
            assert_eq!(on_and_off(&switched), [true, false]);
            let pulse = switched.borrow()[1].1 - switched.borrow()[0].1;
            assert!(pulse >= Duration::from_millis(20), "{pulse:?}");
            drawer.open_drawer().await.unwrap();
            until_switched(&switched, 4).await;
            assert_eq!(on_and_off(&switched), [true, false, true, false]);
        })
        .await;
    }

    #[tokio::test]
    async fn no_pulse_is_longer_than_a_coil_bears() {
        let here = LocalSet::new();
        here.run_until(async {
            let (drawer, switched, _folder) = drawer(60_000, None);
            drawer.open_drawer().await.unwrap();
            // A minute was asked for: this waits a minute if nothing bounds it.
            until_switched(&switched, 2).await;
            let pulse = switched.borrow()[1].1 - switched.borrow()[0].1;
            assert!(pulse < Duration::from_secs(60), "{pulse:?}");
        })
        .await;
    }

    #[tokio::test]
    async fn a_lane_that_stops_in_mid_pulse_leaves_the_coil_off() {
        let here = LocalSet::new();
        here.run_until(async {
            let (drawer, switched, _folder) = drawer(150, None);
            drawer.open_drawer().await.unwrap();
            sleep(Duration::from_millis(10)).await;
            drop(drawer);
            let switched = on_and_off(&switched);
            assert_eq!(
                (switched.first(), switched.last()),
                (Some(&true), Some(&false))
            );
        })
        .await;
    }

    #[tokio::test]
    async fn a_drawer_that_stands_open_is_named_at_the_self_test() {
        let (drawer, _, _folder) = drawer(150, Some(true));
        let fault = drawer.examine().await.unwrap_err();
        assert_eq!(
            fault.to_string(),
            "CashDrawer: the drawer is open: close it"
        );
    }

    #[tokio::test]
    async fn off_a_pi_it_is_said_plainly_and_receipts_are_printed_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let printer = Box::new(FilePrinter::new(folder.path().to_owned()));
        let config = GpioDrawerConfig {
            pin: 17,
            pulse_ms: 150,
            on_is_high: true,
            sensor: DrawerSensor::None,
            sensor_pin: None,
        };
        let mut drawer = WithGpioDrawer::on_a_pi(printer, &config);
        let fault = drawer.open().unwrap_err();
        assert!(
            fault.to_string().starts_with("CashDrawer: no GPIO here"),
            "{fault}"
        );
        assert!(drawer.open_drawer().await.is_err());
        let job = PrintJob {
            name: "report-x".to_owned(),
            paper: domain::paper::Paper {
                columns: 42,
                lines: Vec::new(),
            },
            copies: Vec::new(),
        };
        drawer.print(&job).await.unwrap();
    }
}
