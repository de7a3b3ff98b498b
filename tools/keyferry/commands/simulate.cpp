// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/simulate.hpp"

#include "io/names/duration_text.hpp"
#include "io/names/in_quotes.hpp"
#include "io/names/region.hpp"
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/options/fault_options.hpp"
#include "tools/keyferry/simulated/example_keys.hpp"
#include "tools/keyferry/terminal/command_error.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"
#include "tools/simulator/server/allowed_hosts.hpp"
#include "tools/simulator/values/duration_range.hpp"
#include "tools/simulator/values/time_control.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keyferry::cli {

namespace {

constexpr const char* kSimulateFooter =
    R"(Clients must sign with AWS's documented example credentials: AKIDEXAMPLE,
wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY. All Regions share the port; each request is handled in
the Region named in its signature. When the simulator is ready, it prints one line of JSON. It runs
until it receives SIGINT or SIGTERM.

Faults are a comma-separated list of [REGION/][OPERATION.]FAULT=RATE[@FROM..UNTIL]. RATE is the
fraction of calls that are affected; FROM and UNTIL are relative to the start. If several items
match a call, the most specific one applies; a call has at most one fault. A Region matches calls to
its endpoint, and ReplicateKey calls that create a replica there.
  throttle        ThrottlingException; retry-after=DURATION sets its x-amz-retry-after header
  internal        KMSInternalException before the call takes effect
  internal-after  KMSInternalException after the call has taken effect
  lost            the call takes effect, but no response is sent
  reset           the connection is reset before the call takes effect
  slow            the response is delayed by slow-delay=MIN..MAX
  limit           LimitExceededException for new keys: the Region's key quota is reached
  denied          AccessDeniedException
  down            the Region cannot be reached (over HTTP: the connection is reset)

  1. A local KMS:              keyferry simulate --listen 127.0.0.1:4566 --quota-scale 0
  2. Injected errors:          keyferry simulate --fault throttle=0.05,internal=0.02,lost=0.01
  3. Temporary throttling:     keyferry simulate --fault eu-west-1/throttle=1@5m..15m
  4. HTTPS:                    keyferry simulate --https --certificate-out ca.pem
  5. Call it with the AWS CLI: aws --endpoint-url http://127.0.0.1:4566 kms list-keys
  6. Scripted outages:         keyferry simulate --fault-file configs/storms.faults
  7. Show the ledger:          curl http://127.0.0.1:4566/_keyferry/ledger
  8. Advance time by two days: curl -X PUT -d 48h http://127.0.0.1:4566/_keyferry/time

Exit codes: 0 stopped by a signal; 1 a file or the port cannot be used; 3 usage or invalid spec; 75
another simulator uses the file of --state.)";

constexpr std::uint64_t kKeysPerRegionMax = 1'000'000'000;

/// Options as given on the command line.
struct SimulateArguments {
    std::string listen = "127.0.0.1:0";
    bool allow_remote = false;
    std::vector<std::string> hosts;
    bool https = false;
    std::string certificate_out;
    double quota_scale = 1;
    std::string creating = "2s..6s";
    std::string updating = "2s..6s";
    std::string stale = "0s";
    std::string faults;
    std::string fault_file;
    std::uint64_t seed = 1;
    std::string account = "111122223333";
    bool unknown_regions = false;
    std::uint64_t keys_per_region_max = simulator::KmsModelSettings{}.keys_per_region_max;
    std::string hot_key_spacing = "0s";
    std::string clock_ahead = "0s";
    std::string ledger;
    bool force = false;
    std::string identities;
    std::string organization;
    std::string state;
    std::string fleet;
};

template <typename T>
T value_of(const io::Parsed<T>& parsed, const char* option) {
    if (!parsed) {
        throw UsageError(option, parsed.error().text);
    }
    return *parsed;
}

/// Parses a duration with an optional '-'.
std::chrono::milliseconds clock_ahead_of(const std::string& text) {
    const bool is_behind = text.starts_with('-');
    const auto by =
        value_of(io::parse_duration(is_behind ? text.substr(1) : text), "--clock-ahead");
    if (by > simulator::kTimeAdvanceMax) {
        throw UsageError("--clock-ahead",
                         fmt::format("'{}' is more than {}h from the machine's time",
                                     text,
                                     simulator::kTimeAdvanceMax.count()));
    }
    return is_behind ? -by : by;
}

std::vector<std::string> hosts_of(const std::vector<std::string>& texts) {
    std::vector<std::string> hosts;
    for (const std::string& text : texts) {
        std::optional<std::string> host = simulator::parse_allowed_host(text);
        if (!host) {
            throw UsageError("--host",
                             fmt::format("{} is not a host name, such as simulator or "
                                         "*.example.com, or an IP address; it must not contain a "
                                         "scheme or a port",
                                         io::in_quotes(text)));
        }
        hosts.push_back(*std::move(host));
    }
    return hosts;
}

/// Rejects faults for Regions that do not exist, since they would never occur.
void check_fault_regions(const simulator::FaultSettings& faults) {
    for (const simulator::FaultRule& rule : faults.rules) {
        const auto region = io::Region::parse(rule.region);
        if (!rule.region.empty() && (!region || !io::is_known_region(*region))) {
            throw UsageError(
                "--fault",
                fmt::format("AWS has no Region '{}'; to allow it, add --unknown-regions",
                            rule.region));
        }
    }
}

simulator::SimulateOptions options_of(const SimulateArguments& arguments) {
    simulator::SimulateOptions options;
    const simulator::ListenAddress listen =
        value_of(simulator::parse_listen_address(arguments.listen), "--listen");
    if (!listen.is_loopback && !arguments.allow_remote) {
        throw UsageError("--listen",
                         listen.address +
                             " is reachable from other machines; add --allow-remote to allow this "
                             "(the simulator's credentials are public)");
    }
    if (!arguments.certificate_out.empty() && !arguments.https) {
        throw UsageError("--certificate-out", "requires --https");
    }
    options.server.address = listen.address;
    options.server.port = listen.port;
    options.server.https = arguments.https;
    options.hosts = hosts_of(arguments.hosts);
    options.server.hosts = options.hosts;
    options.account = value_of(io::AccountId::parse(arguments.account), "--account").digits();
    options.simulator.quota_scale = arguments.quota_scale;
    options.simulator.faults = read_faults(arguments.faults, arguments.fault_file);
    if (!arguments.unknown_regions) {
        check_fault_regions(options.simulator.faults);
    }
    options.simulator.model.seed = arguments.seed;
    options.simulator.model.creating =
        value_of(simulator::parse_duration_range(arguments.creating), "--creating");
    options.simulator.model.updating =
        value_of(simulator::parse_duration_range(arguments.updating), "--updating");
    options.simulator.model.stale =
        value_of(simulator::parse_duration_range(arguments.stale), "--stale");
    options.simulator.model.known_regions_only = !arguments.unknown_regions;
    options.simulator.model.keys_per_region_max = arguments.keys_per_region_max;
    options.simulator.model.hot_key_spacing = value_of(
        simulator::parse_simulator_duration(arguments.hot_key_spacing), "--hot-key-spacing");
    options.clock_ahead = clock_ahead_of(arguments.clock_ahead);
    if (!arguments.identities.empty()) {
        options.identities = arguments.identities;
    }
    if (!arguments.organization.empty()) {
        options.organization = arguments.organization;
    }
    if (!arguments.state.empty()) {
        options.state = arguments.state;
    }
    if (!arguments.ledger.empty()) {
        options.ledger = arguments.ledger;
    }
    if (!arguments.certificate_out.empty()) {
        options.certificate_out = arguments.certificate_out;
    }
    options.force = arguments.force;
    return options;
}

void add_server_options(Command command, SimulateArguments& arguments) {
    const std::string group = "Server";
    command
        .option("--listen",
                arguments.listen,
                "ADDRESS:PORT to listen on; with port 0, the system chooses one")
        .show_default()
        .group(group);
    command
        .flag("--allow-remote",
              arguments.allow_remote,
              "Allow --listen to use an address that other machines can reach")
        .group(group);
    command
        .option("--host",
                arguments.hosts,
                "Also accept requests for this host name, such as simulator or *.example.com "
                "(localhost and IP addresses are always accepted); with --https, the certificate "
                "also covers NAME, which can be an IP address; repeatable")
        .type_name("NAME")
        .single_value()
        .group(group);
    command
        .flag("--https", arguments.https, "Use TLS with a certificate that is generated at startup")
        .group(group);
    command
        .option("--certificate-out",
                arguments.certificate_out,
                "Write the CA certificate that clients must trust to this PEM file")
        .group(group);
    command
        .option("--identities",
                arguments.identities,
                "JSON file with additional identities, roles and policies")
        .group(group);
    command
        .option("--organization",
                arguments.organization,
                "JSON file with the accounts and units of an AWS organization")
        .group(group);
    command
        .option("--state",
                arguments.state,
                "Load the keys from this file if it exists, and save each change to it immediately")
        .group(group);
    command
        .option("--ledger",
                arguments.ledger,
                "Record every request, its effect and its response in this file as JSON Lines; an "
                "existing ledger is overwritten")
        .group(group);
    command
        .flag("--force",
              arguments.force,
              "Let --ledger and --certificate-out overwrite files of any kind, except journals and "
              "files in use")
        .group(group);
}

void add_kms_options(Command command, SimulateArguments& arguments) {
    const std::string group = "Simulated KMS";
    command.option("--account", arguments.account, "Account ID of the example credentials")
        .show_default()
        .group(group);
    command
        .option("--fleet",
                arguments.fleet,
                "Create the primary keys of this fleet spec at startup; for groups that select "
                "keys, example keys are generated")
        .group(group);
    command
        .option("--quota-scale",
                arguments.quota_scale,
                "Request quotas as a multiple of KMS's defaults; 0 for no quotas")
        .range(0.0, 1e6)
        .show_default()
        .group(group);
    command
        .option("--creating",
                arguments.creating,
                "How long new replicas stay in the state Creating: MIN..MAX or a single duration")
        .show_default()
        .group(group);
    command
        .option("--updating",
                arguments.updating,
                "How long UpdatePrimaryRegion takes: MIN..MAX or a single duration")
        .show_default()
        .group(group);
    command
        .option("--stale",
                arguments.stale,
                "How long reads may return outdated values after a change (eventual consistency)")
        .show_default()
        .group(group);
    command
        .flag("--unknown-regions",
              arguments.unknown_regions,
              "Allow the names of Regions that do not exist in AWS")
        .group(group);
    command.option("--keys-per-region", arguments.keys_per_region_max, "Key quota of each Region")
        .range(std::uint64_t{0}, kKeysPerRegionMax)
        .show_default()
        .group(group);
    command
        .option("--hot-key-spacing",
                arguments.hot_key_spacing,
                "Minimum interval between two changes to the same key; changes that come sooner "
                "are throttled; 0 for no minimum")
        .show_default()
        .group(group);
    command
        .option("--clock-ahead",
                arguments.clock_ahead,
                "How far the simulator's clock is ahead of this machine's clock (negative, such as "
                "-1h, if behind); signatures are accepted within 5 minutes of the simulator's time")
        .show_default()
        .group(group);
}

void add_fault_options(Command command, SimulateArguments& arguments) {
    const std::string group = "Simulated KMS";
    command
        .option("--fault",
                arguments.faults,
                "Faults to inject, such as throttle=0.05,eu-west-1/ReplicateKey.limit=1@10m..20m; "
                "see below")
        .group(group);
    command
        .option("--fault-file",
                arguments.fault_file,
                "File with faults, one per line, such as configs/storms.faults")
        .group(group);
    command
        .option("--seed",
                arguments.seed,
                "Random seed; the same seed and calls give the same responses")
        .show_default()
        .group(group);
}

}  // namespace

void add_simulate_command(Command& parent) {
    Command command = parent.command("simulate", "Serve a simulated KMS on this machine");
    command.footer(kSimulateFooter);
    const auto arguments = std::make_shared<SimulateArguments>();
    add_server_options(command, *arguments);
    add_kms_options(command, *arguments);
    add_fault_options(command, *arguments);
    command.on_run([arguments] {
        simulator::SimulateOptions options = options_of(*arguments);
        if (!arguments->fleet.empty()) {
            planner::FleetLoad load = read_fleet_file(arguments->fleet);
            if (load.unresolved) {
                options.keys = example_keys(load.unresolved->spec);
            }
            const planner::Plan listed = plan_without_search(std::move(load));
            for (const planner::PlannedKey& key : listed.keys) {
                options.keys.push_back(simulator::StartingKey{key.primary, {}, {}});
            }
        }
        try {
            simulator::simulate_until_signalled(
                options, [](std::string_view line) { write_stdout(std::string(line) + "\n"); });
        } catch (const simulator::StateInUse& error) {
            throw CommandError(exit_journal_held, error.what());
        } catch (const simulator::OutputRefused& error) {
            throw CommandError(exit_usage, error.what());
        }
        return static_cast<int>(exit_done);
    });
}

}  // namespace keyferry::cli
