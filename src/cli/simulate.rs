//! `usagewarden simulate`: both APIs on a loopback address, to rehearse with.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::chain::Chain;
use crate::cli::{Exit, Terminal, block_on};
use crate::clock::SystemClock;
use crate::simulator::{ADMIN_KEY, COMPANY_KEY, Fault, Scenario, Settings, Simulator};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:9180", value_name = "ADDR")]
    listen: SocketAddr,
    /// steady, spike, runaway, quota or stale
    #[arg(long, default_value_t = Scenario::Steady, value_name = "NAME")]
    scenario: Scenario,
    /// Equal seeds tell equal stories
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Faults from the start, as in `429-retry-after=2` or `cost_report:500x3`; they can be changed at /__control
    #[arg(long, value_name = "FAULT", num_args = 1.., value_delimiter = ',')]
    faults: Vec<Fault>,
    /// How late usage becomes visible
    #[arg(long, default_value = "5m", value_parser = crate::config::duration, value_name = "DURATION")]
    usage_delay: jiff::SignedDuration,
}

pub(super) fn run(options: &Options, terminal: &mut Terminal) -> Exit {
    block_on(async {
        let listener = match TcpListener::bind(options.listen).await {
            Ok(listener) => listener,
            Err(error) => {
                terminal.error(format_args!("cannot listen on {}: {error}", options.listen));
                terminal.hint("name another address with --listen");
                return Exit::No;
            }
        };
        serve(options, listener, terminal).await
    })
}

async fn serve(options: &Options, listener: TcpListener, terminal: &mut Terminal) -> Exit {
    let address = listener.local_addr().unwrap_or(options.listen);
    greet(options, address, terminal);
    let settings = Settings {
        scenario: options.scenario,
        seed: options.seed,
        faults: options.faults.clone(),
        usage_delay: options.usage_delay,
        ..Settings::default()
    };
    let stop = CancellationToken::new();
    let simulator = Simulator::new(settings, Arc::new(SystemClock));
    let serving = simulator.serve(listener, stop.clone());
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        _ = tokio::signal::ctrl_c() => { stop.cancel(); serving.await }
    };
    match ended {
        Ok(()) => Exit::Done,
        Err(error) => {
            terminal.error(Chain(&error));
            Exit::No
        }
    }
}

fn greet(options: &Options, address: SocketAddr, terminal: &mut Terminal) {
    let base = format!("http://{address}");
    if terminal.json() {
        terminal.value(&serde_json::json!({
            "base_url": base, "admin_key": ADMIN_KEY, "company_key": COMPANY_KEY,
            "scenario": options.scenario.to_string(), "seed": options.seed,
        }));
        return;
    }
    terminal.line(format_args!("Both APIs, scenario {}, seed {}", options.scenario, options.seed));
    terminal.line(format_args!("  base_url      {base}"));
    terminal.line(format_args!("  admin key     {ADMIN_KEY}"));
    terminal.line(format_args!("  company key   {COMPANY_KEY}"));
    terminal.line(format_args!("  what is true  {base}/__truth"));
    terminal.line(format_args!("  faults        {base}/__control"));
}
