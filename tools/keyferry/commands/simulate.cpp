// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/simulate.hpp"

#include "io/names/duration_text.hpp"
#include "io/names/region.hpp"
#include "tools/keyferry/command_line/command_line.hpp"
#include "tools/keyferry/commands/commands.hpp"
#include "tools/keyferry/fleet/fleet_file.hpp"
#include "tools/keyferry/options/fault_options.hpp"
#include "tools/keyferry/simulated/example_keys.hpp"
#include "tools/keyferry/terminal/exit_codes.hpp"
#include "tools/keyferry/terminal/output.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::cli {

namespace {

constexpr const char* kSimulateFooter =
    R"(Clients must sign with AWS's documented example credentials: AKIDEXAMPLE,
wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY. All Regions share the port; each request is handled in
the Region named in its signature. When the simulator is ready, it prints one line of JSON. It runs
until SIGINT or SIGTERM.

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
    return is_behind ? -by : by;
}

/// Rejects faults for Regions that do not exist, since they would never occur.
void check_fault_regions(const simulator::FaultSettings& faults) {
    for (const simulator::FaultRule& rule : faults.rules) {
        const auto region = io::Region::parse(rule.region);
        if (!rule.region.empty() && (!region || !io::is_known_region(*region))) {
            throw UsageError(
                "--fault",
                fmt::format("AWS has no Region '{}'; --unknown-regions allows it", rule.region));
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
    options.hosts = arguments.hosts;
    options.server.hosts = arguments.hosts;
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
    options.simulator.model.hot_key_spacing =
        value_of(io::parse_duration(arguments.hot_key_spacing), "--hot-key-spacing");
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
                "Also accept requests for this host name, such as simulator or *.example.com; IP "
                "addresses and localhost are always accepted; with --https, the certificate "
                "contains the name or address; repeatable")
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
                "JSON file with additional identities and roles, and with policies")
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
              "Let --ledger and --certificate-out overwrite other files, except journals and files "
              "in use")
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
                "How long new replicas stay in the state Creating: MIN..MAX, or one duration")
        .show_default()
        .group(group);
    command
        .option("--updating",
                arguments.updating,
                "How long UpdatePrimaryRegion takes: MIN..MAX, or one duration")
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
        .show_default()
        .group(group);
    command
        .option("--hot-key-spacing",
                arguments.hot_key_spacing,
                "Minimum interval between two changes to the same key; changes that follow sooner "
                "are throttled; 0 for no minimum")
        .show_default()
        .group(group);
    command
        .option("--clock-ahead",
                arguments.clock_ahead,
                "How far the simulator's clock is ahead of this machine's clock, or behind it "
                "(-1h); signatures are accepted within 5 minutes of the simulator's time")
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
                "Read faults from a file, one per line, such as configs/storms.faults")
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
            if (!load.plan && !load.unresolved) {
                return static_cast<int>(exit_usage);
            }
            if (load.unresolved) {
                options.keys = example_keys(load.unresolved->spec);
                load.plan = planner::plan_listed_keys(*std::move(load.unresolved));
            }
            for (const planner::PlannedKey& key : load.plan->keys) {
                options.keys.push_back(simulator::StartingKey{key.primary, {}, {}});
            }
        }
        try {
            simulator::simulate_until_signalled(
                options, [](std::string_view line) { write_stdout(std::string(line) + "\n"); });
        } catch (const simulator::StateInUse& error) {
            log_error(error.what());
            return static_cast<int>(exit_journal_held);
        } catch (const simulator::OutputRefused& error) {
            log_error(error.what());
            return static_cast<int>(exit_usage);
        }
        return static_cast<int>(exit_done);
    });
}

}  // namespace keyferry::cli
