// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/simulator_host.hpp"

#include "io/clock/steady_clock.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <stdexcept>
#include <thread>

namespace keyferry::simulator {

namespace {

SimulatorSettings started_now(SimulatorSettings settings, const io::Clock& clock) {
    settings.started_at = clock.now();
    return settings;
}

}  // namespace

struct SimulatorHost::State {
    State(const SimulatorSettings& simulator, const SimulatorServerSettings& server_settings)
        : kms(started_now(simulator, clock)),
          handler(kms),
          server(io, time, handler, server_settings) {
        handler.allow_time_changes(time);
    }

    boost::asio::io_context io{1};
    io::SteadyClock clock{io};
    TimeControl time{clock};
    SimulatedKms kms;
    RequestHandler handler;
    SimulatorServer server;
    std::thread thread;
};

SimulatorHost::SimulatorHost(const SimulatorSettings& simulator,
                             const SimulatorServerSettings& server,
                             const std::function<void(SimulatedKms&, RequestHandler&)>& fill)
    : state_(std::make_unique<State>(simulator, server)) {
    state_->handler.callers().add(example_identity());
    if (fill) {
        fill(state_->kms, state_->handler);
    }
    if (const auto error = state_->server.start()) {
        throw std::runtime_error("the simulator cannot listen: " + error.message());
    }
    state_->thread = std::thread([state = state_.get()] { state->io.run(); });
}

SimulatorHost::~SimulatorHost() {
    stop();
}

std::string SimulatorHost::endpoint() const {
    return state_->server.endpoint();
}

const std::string& SimulatorHost::authority_pem() const {
    return state_->server.authority_pem();
}

void SimulatorHost::inspect(const std::function<void(SimulatedKms&)>& inspect) {
    if (!state_->thread.joinable()) {
        inspect(state_->kms);
        return;
    }
    std::packaged_task<void()> task([&] { inspect(state_->kms); });
    boost::asio::post(state_->io, [&task] { task(); });
    task.get_future().get();
}

void SimulatorHost::stop() {
    if (!state_->thread.joinable()) {
        return;
    }
    boost::asio::post(state_->io, [state = state_.get()] {
        state->server.stop();
        state->io.stop();
    });
    state_->thread.join();
}

}  // namespace keyferry::simulator
