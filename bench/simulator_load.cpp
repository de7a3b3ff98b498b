// SPDX-License-Identifier: Apache-2.0
// Measures how many signed ReplicateKey requests per second the simulator serves on one core, over
// loopback HTTP, with quotas disabled:
//
//     simulator_load [--keys N] [--connections N]
//
// Creates three replicas of each key. All requests are signed before the measurement starts; a
// second thread sends them, pipelined on each connection. Measures the CPU time of the simulator's
// thread. Prints {"requests":N,"cpu_us_per_request":X,"per_second_of_cpu":X,"wall_s":X}.
#include "io/aws/credentials.hpp"
#include "io/aws/endpoint.hpp"
#include "io/aws/kms_request_signer.hpp"
#include "tools/simulator/server/simulator_host.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::bench {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::array<std::string_view, 3> kRegions{"eu-west-1", "eu-central-1", "ap-southeast-2"};
constexpr std::size_t kAtATime = 16;

io::AccountRegion in_virginia() {
    return io::AccountRegion(io::AccountId::parse("111122223333").value(),
                             io::Region::parse("us-east-1").value());
}

std::string key_id(long number) {
    return fmt::format("mrk-{:032x}", number);
}

/// All requests, header and body.
std::vector<std::string> signed_requests(const std::string& url, long keys) {
    const auto credentials = std::make_shared<const io::Credentials>(
        io::make_credentials(
            "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", "the benchmark")
            .value());
    io::KmsRequestSigner signer(
        credentials, in_virginia().region, io::Endpoint::parse(url).value(), "keyferry/bench");
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::vector<std::string> requests;
    for (long key = 0; key < keys; ++key) {
        for (const std::string_view region : kRegions) {
            const std::string body =
                fmt::format(R"({{"KeyId":"{}","ReplicaRegion":"{}"}})", key_id(key), region);
            std::string request;
            signer.append_head(io::KmsApi::replicate_key, body, now, "", request);
            requests.push_back(request + body);
        }
    }
    return requests;
}

/// Reads `responses` responses; each must have status 200.
void read_responses(tcp::socket& socket, std::string& unread, std::size_t responses) {
    while (responses > 0) {
        const std::size_t head = unread.find("\r\n\r\n");
        if (head != std::string::npos) {
            constexpr std::string_view kLength = "Content-Length: ";
            const std::size_t length =
                std::stoul(unread.substr(unread.find(kLength) + kLength.size()));
            const std::size_t size = head + 4 + length;
            if (unread.size() >= size) {
                if (unread.compare(0, 12, "HTTP/1.1 200") != 0) {
                    throw std::runtime_error("unexpected response: " + unread.substr(0, size));
                }
                unread.erase(0, size);
                --responses;
                continue;
            }
        }
        std::array<char, 65'536> bytes{};
        unread.append(bytes.data(), socket.read_some(asio::buffer(bytes)));
    }
}

void send_all(const std::string& url, const std::vector<std::string>& requests, long connections) {
    asio::io_context io;
    const auto port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
    struct Line {
        tcp::socket socket;
        std::string unread;
        std::size_t awaited = 0;
    };
    std::vector<Line> lines;
    for (long i = 0; i < connections; ++i) {
        lines.push_back(Line{tcp::socket(io), {}, 0});
        lines.back().socket.connect({asio::ip::address_v4::loopback(), port});
        lines.back().socket.set_option(tcp::no_delay(true));
    }
    std::size_t at = 0;
    std::size_t turn = 0;
    while (at < requests.size()) {
        Line& line = lines[turn++ % lines.size()];
        read_responses(line.socket, line.unread, line.awaited);
        line.awaited = std::min(kAtATime, requests.size() - at);
        std::string batch;
        for (std::size_t i = 0; i < line.awaited; ++i) {
            batch += requests[at++];
        }
        asio::write(line.socket, asio::buffer(batch));
    }
    for (Line& line : lines) {
        read_responses(line.socket, line.unread, line.awaited);
    }
}

double thread_cpu_s() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void measure(long keys, long connections) {
    simulator::SimulatorSettings settings;
    settings.quota_scale = 0;
    settings.model.keys_per_region_max = static_cast<std::uint64_t>(keys) + 1;
    simulator::SimulatorHost host(
        settings, {}, [&](simulator::SimulatedKms& kms, simulator::RequestHandler&) {
            for (long key = 0; key < keys; ++key) {
                const io::AccountRegion place = in_virginia();
                kms.model().add_primary_key(
                    io::KeyArn(place.region, place.account, io::KeyId::parse(key_id(key)).value()));
            }
        });
    const std::vector<std::string> requests = signed_requests(host.endpoint(), keys);
    double before_s = 0;
    double after_s = 0;
    std::uint64_t created = 0;
    host.inspect([&](simulator::SimulatedKms&) { before_s = thread_cpu_s(); });
    const auto begun = std::chrono::steady_clock::now();
    send_all(host.endpoint(), requests, connections);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
    host.inspect([&](simulator::SimulatedKms& kms) {
        after_s = thread_cpu_s();
        created = kms.ledger().effects(simulator::EffectKind::replica_created);
    });
    if (created != requests.size()) {
        throw std::runtime_error(
            fmt::format("created {} of {} replicas", created, requests.size()));
    }
    const double each_s = (after_s - before_s) / static_cast<double>(requests.size());
    fmt::print(
        "{{\"requests\":{},\"cpu_us_per_request\":{:.2f},\"per_second_of_cpu\":{:.0f},"
        "\"wall_s\":{:.2f}}}\n",
        requests.size(),
        each_s * 1e6,
        1 / each_s,
        wall.count());
}

int run_program(int argc, char** argv) {
    long keys = 50'000;
    long connections = 16;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string_view option = argv[i];
        (option == "--keys" ? keys : connections) = std::stol(argv[i + 1]);
    }
    measure(keys, connections);
    return 0;
}

}  // namespace
}  // namespace keyferry::bench

int main(int argc, char** argv) try {
    return keyferry::bench::run_program(argc, argv);
} catch (const std::exception& error) {
    fmt::print(stderr, "simulator_load: {}\n", error.what());
    return 1;
}
