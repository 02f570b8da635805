//! What the daemon says about its own build and configuration.

use jiff::Timestamp;
use prometheus::{IntGauge, IntGaugeVec, Opts, Registry};

/// What every metric of the daemon begins with.
const NAMESPACE: &str = "usagewarden";

/// The build, and how the configuration was loaded last.
#[derive(Clone, Debug)]
pub struct DaemonMetrics {
    reload_successful: IntGauge,
    reload_timestamp: IntGauge,
}

impl DaemonMetrics {
    pub fn register(registry: &Registry) -> prometheus::Result<Self> {
        build_info(registry)?;
        let reload_successful = gauge(
            registry,
            "config_last_reload_successful",
            "Whether the configuration could be used when it was read last.",
        )?;
        let reload_timestamp = gauge(
            registry,
            "config_last_reload_timestamp_seconds",
            "When the configuration in use was read.",
        )?;
        Ok(Self { reload_successful, reload_timestamp })
    }

    /// The configuration was read and is in use.
    pub fn config_loaded(&self, at: Timestamp) {
        self.reload_successful.set(1);
        self.reload_timestamp.set(at.as_second());
    }
}

fn build_info(registry: &Registry) -> prometheus::Result<()> {
    let help = "What this usagewarden was built from; always 1.";
    let opts = Opts::new("build_info", help).namespace(NAMESPACE);
    let info = IntGaugeVec::new(opts, &["version", "revision", "rustc"])?;
    registry.register(Box::new(info.clone()))?;
    let version = env!("CARGO_PKG_VERSION");
    let (revision, rustc) = (env!("USAGEWARDEN_REVISION"), env!("USAGEWARDEN_RUSTC"));
    info.with_label_values(&[version, revision, rustc]).set(1);
    Ok(())
}

fn gauge(registry: &Registry, name: &str, help: &str) -> prometheus::Result<IntGauge> {
    let gauge = IntGauge::with_opts(Opts::new(name, help).namespace(NAMESPACE))?;
    registry.register(Box::new(gauge.clone()))?;
    Ok(gauge)
}
