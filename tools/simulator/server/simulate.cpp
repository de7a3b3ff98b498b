// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/simulate.hpp"

#include "io/clock/steady_clock.hpp"
#include "io/file/output_file.hpp"
#include "io/file/read_file.hpp"
#include "io/json/json_string.hpp"
#include "tools/simulator/access/identities_file.hpp"
#include "tools/simulator/service/ledger_file.hpp"
#include "tools/simulator/state/state_file.hpp"
#include "tools/simulator/values/shifted_clock.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace keyferry::simulator {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds kLedgerFlush{20};

std::string read_whole(const std::filesystem::path& path) {
    constexpr std::size_t kBytesMax = std::size_t{1} << 30U;
    auto text = io::read_file(path.string(), kBytesMax);
    if (!text) {
        throw std::runtime_error(text.error().text);
    }
    return *std::move(text);
}

void read_identities(const SimulateOptions& options,
                     Callers& callers,
                     KmsModel& model,
                     io::Moment started_at) {
    const io::AccountId account = io::AccountId::parse(options.account).value();
    SimulatorIdentity example = example_identity();
    example.account = account;
    callers.add(std::move(example));
    if (!options.identities) {
        return;
    }
    const auto added = add_identities(read_whole(*options.identities), account, callers);
    if (!added) {
        throw std::runtime_error(
            fmt::format("{}: {}", options.identities->string(), added.error().text));
    }
    for (const KnownPrincipal& each : added->principals) {
        KnownPrincipals::Lifetime lifetime;
        lifetime.from = started_at + each.exists_after;
        if (each.exists_until) {
            lifetime.until = started_at + *each.exists_until;
        }
        model.principals().add(each.arn, lifetime);
    }
}

void read_organization(const SimulateOptions& options, OrganizationsHandler& organizations) {
    if (!options.organization) {
        return;
    }
    auto organization = parse_organization(read_whole(*options.organization));
    if (!organization) {
        throw std::runtime_error(
            fmt::format("{}: {}", options.organization->string(), organization.error().text));
    }
    organizations.use(*std::move(organization));
}

template <typename Problem>
void throw_if(const std::optional<Problem>& problem) {
    if (problem) {
        throw std::runtime_error(problem->text);
    }
}

/// Opens the state file and restores its time. Returns nullptr without --state.
std::unique_ptr<StateFile> open_state(const SimulateOptions& options, TimeControl& time) {
    if (!options.state) {
        return nullptr;
    }
    auto opened = StateFile::open(options.state->string(), options.simulator.model.seed);
    if (!opened && opened.error().is_in_use) {
        throw StateInUse(opened.error().text);
    }
    if (!opened) {
        throw std::runtime_error(opened.error().text);
    }
    throw_if((*opened)->restore_time(time));
    return *std::move(opened);
}

void throw_if_unwritable(const std::optional<io::OutputProblem>& problem) {
    if (problem && problem->is_refusal) {
        throw OutputRefused(problem->text);
    }
    throw_if(problem);
}

io::OutputRule ledger_rule(const SimulateOptions& options) {
    return {.kind = io::FileKind::simulator_ledger, .force = options.force};
}

io::OutputRule certificate_rule(const SimulateOptions& options) {
    return {.kind = io::FileKind::simulator_certificate, .force = options.force};
}

/// Checks the outputs before anything is created.
void check_outputs(const SimulateOptions& options) {
    const auto check = [](const std::optional<std::filesystem::path>& path,
                          const io::OutputRule& rule) {
        if (!path) {
            return;
        }
        if (const auto target = io::check_output(path->string(), rule); !target) {
            throw_if_unwritable(target.error());
        }
    };
    check(options.certificate_out, certificate_rule(options));
    check(options.ledger, ledger_rule(options));
}

void write_certificate(const SimulateOptions& options, const SimulatorServer& server) {
    if (!options.certificate_out) {
        return;
    }
    throw_if_unwritable(io::write_output(
        options.certificate_out->string(), certificate_rule(options), [&](const auto& sink) {
            sink(io::kCertificateFileBeginning);
            sink(server.authority_pem());
        }));
}

std::string ready_line(const SimulateOptions& options,
                       const SimulatorServer& server,
                       const SavedParts& parts) {
    std::string line = "{\"endpoint\":";
    io::append_json_string(server.endpoint(), line);
    line += ",\"account\":";
    io::append_json_string(options.account, line);
    line += ",\"access_key_id\":\"AKIDEXAMPLE\"";
    const KmsModel::Counts counts = parts.model.counts();
    std::set<std::string> accounts = parts.callers.accounts();
    accounts.insert(counts.accounts.begin(), counts.accounts.end());
    fmt::format_to(std::back_inserter(line),
                   ",\"seed\":{},\"quota_scale\":{},\"accounts\":{},\"regions\":{},\"keys\":{},"
                   "\"aliases\":{},\"grants\":{},\"identities\":{},\"roles\":{}",
                   options.simulator.model.seed,
                   options.simulator.quota_scale,
                   accounts.size(),
                   counts.regions.size(),
                   parts.model.key_count(),
                   counts.aliases,
                   counts.grants,
                   parts.callers.identity_count(),
                   parts.callers.role_count());
    if (options.certificate_out) {
        line += ",\"certificate\":";
        io::append_json_string(options.certificate_out->string(), line);
    }
    if (options.ledger) {
        line += ",\"ledger\":";
        io::append_json_string(options.ledger->string(), line);
    }
    line.push_back('}');
    return line;
}

/// Adds the starting keys. Keys that are in the saved state are not changed: their primary may have
/// moved, or they may have been deleted.
void fill(KmsModel& model, const SimulateOptions& options) {
    for (const StartingKey& key : options.keys) {
        const bool is_known = options.state && model.has_had_key(key.primary);
        if (!is_known && !add_starting_key(model, key)) {
            throw std::runtime_error(
                fmt::format("{} is listed twice or is not a valid KMS key", key.primary.text()));
        }
    }
}

asio::awaitable<void> flush_often(LedgerFile& file, io::Clock& clock) {
    while (true) {
        const io::Moment next = clock.now() + kLedgerFlush;
        co_await clock.sleep_until(next, asio::use_awaitable);
        if (const std::error_code error = file.flush()) {
            throw std::runtime_error("cannot write the ledger: " + error.message());
        }
    }
}

void rethrow(std::exception_ptr thrown) {
    if (thrown) {
        std::rethrow_exception(thrown);
    }
}

}  // namespace

io::Parsed<ListenAddress> parse_listen_address(std::string_view text) {
    const io::ParseProblem problem{fmt::format(
        "\"{}\" is not in the form ADDRESS:PORT, such as 127.0.0.1:0 or [::1]:8080", text)};
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return problem;
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view port_text = text.substr(colon + 1);
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    ListenAddress result{host == "localhost" ? "127.0.0.1" : std::string(host), 0, false};
    const char* const end = port_text.data() + port_text.size();
    const auto [rest, bad_port] = std::from_chars(port_text.data(), end, result.port);
    boost::system::error_code bad_address;
    const auto address = asio::ip::make_address(result.address, bad_address);
    if (bad_port != std::errc{} || rest != end || bad_address || address.is_v6() != is_bracketed) {
        return problem;
    }
    result.is_loopback = address.is_loopback();
    return result;
}

void simulate_until_signalled(const SimulateOptions& options,
                              const std::function<void(std::string_view)>& ready) {
    check_outputs(options);
    LedgerFile ledger_file;
    asio::io_context io(1);
    io::SteadyClock steady(io);
    ShiftedClock clock(steady, options.clock_ahead);
    TimeControl time(clock);
    const std::unique_ptr<StateFile> state = open_state(options, time);
    SimulatorSettings settings = options.simulator;
    settings.started_at = time.now().now;
    settings.model.start = state ? state->start() : 1;
    SimulatedKms kms(settings);
    RequestHandler handler(kms, settings.model.random_seed());
    handler.allow_time_changes(time);
    for (const std::string& host : options.hosts) {
        handler.allowed_hosts().add(host);
    }
    read_identities(options, handler.callers(), kms.model(), time.now().now);
    read_organization(options, handler.organizations());
    const SavedParts parts{kms.model(), handler.callers()};
    if (state) {
        throw_if(state->load(parts, time.now()));
    }
    fill(kms.model(), options);
    SimulatorServer server(io, time, handler, options.server);
    if (const auto error = server.start()) {
        throw std::runtime_error(fmt::format("cannot listen on {} port {}: {}",
                                             options.server.address,
                                             options.server.port,
                                             error.message()));
    }
    if (state) {
        throw_if(state->begin(parts, time));
        handler.save_with([&] { throw_if(state->save(parts, time)); });
    }
    write_certificate(options, server);
    if (options.ledger) {
        throw_if_unwritable(ledger_file.open(options.ledger->string(), ledger_rule(options)));
        kms.ledger().observe([&](const LedgerEntry& entry) { ledger_file.add(entry); });
        asio::co_spawn(io, flush_often(ledger_file, clock), rethrow);
    }
    asio::signal_set signals(io, SIGINT, SIGTERM);
    signals.async_wait([&](boost::system::error_code error, int) {
        if (!error) {
            server.stop();
            io.stop();
        }
    });
    ready(ready_line(options, server, parts));
    io.run();
    if (state) {
        throw_if(state->save(parts, time));
        throw_if(state->sync());
    }
    if (const std::error_code error = ledger_file.flush()) {
        throw std::runtime_error("cannot write the ledger: " + error.message());
    }
}

}  // namespace keyferry::simulator
