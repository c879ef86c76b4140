#include "delivery/attempt.hpp"

#include "taskgate/delivery/payload.hpp"
#include "taskgate/delivery/signer.hpp"
#include "taskgate/observe/log.hpp"

namespace asio = boost::asio;

namespace taskgate::delivery {
namespace {

constexpr std::size_t kEventBytes = kMaxTaskInPayload + 4096;
constexpr std::chrono::seconds kDrainPatience(2);

bool means_store_trouble(const Error& error) {
  return error.code() == Errc::storage || error.code() == Errc::overloaded;
}

struct SignedPost {
  std::string id;
  std::string timestamp;
  std::string signature;
  std::string body;
};

// The announced event; nullopt when its content was purged in the meantime.
asio::awaitable<Result<std::optional<Event>>> announced_event(AttemptTools tools,
                                                              const store::Delivery& delivery) {
  auto page = co_await tools.store.events(delivery.ref, delivery.seq - 1, 1, kEventBytes);
  std::optional<Event> event;
  if (page) {
    if (!page->events.empty() && page->events.front().seq == delivery.seq) {
      event = std::move(page->events.front());
    }
  } else if (page.error().code() != Errc::not_found && page.error().code() != Errc::gone) {
    co_return page.error();
  }
  co_return event;
}

asio::awaitable<Result<SignedPost>> build_post(AttemptTools tools,
                                               const store::Delivery& delivery) {
  auto event = co_await announced_event(tools, delivery);
  if (!event) co_return event.error();
  auto secrets = co_await tools.store.webhook_secrets(delivery.ref.tenant);
  if (!secrets) co_return secrets.error();

  SignedPost post;
  const Event* announced = event->has_value() ? &**event : nullptr;
  post.id = webhook_id(delivery.ref.id, delivery.seq);
  post.body = webhook_body(delivery, announced, tools.options.base_url);
  const auto at = std::chrono::floor<std::chrono::seconds>(tools.clock.now().time_since_epoch());
  post.timestamp = std::to_string(at.count());
  const SignedMessage message{post.id, at, post.body};
  auto signature = sign(message, *secrets);
  if (!signature) co_return signature.error();
  post.signature = std::move(*signature);
  co_return post;
}

net::ClientRequest make_request(const DispatcherOptions& options,
                                const net::ParsedTarget& target,
                                SignedPost post) {
  net::ClientRequest request;
  request.method = net::Method::post;
  request.url = target.url();
  request.headers.add("webhook-id", std::move(post.id));
  request.headers.add("webhook-timestamp", std::move(post.timestamp));
  request.headers.add("webhook-signature", std::move(post.signature));
  request.headers.add("content-type", "application/json");
  request.headers.add("user-agent", "taskgate/" TASKGATE_VERSION);
  request.body = std::move(post.body);
  request.timeouts.connect = std::min(request.timeouts.connect, options.timeout);
  request.timeouts.first_byte = options.timeout;
  request.timeouts.idle = options.timeout;
  request.timeouts.total = options.timeout;
  // A copy: the policy must outlive every use that the client makes of it.
  request.address_policy = [policy = options.policy](const asio::ip::address& address,
                                                     std::uint16_t port) {
    return net::check_address(address, port, policy);
  };
  return request;
}

AttemptOutcome no_answer(const Error& error) {
  AttemptOutcome outcome;
  outcome.error = error.message();
  return outcome;
}

asio::awaitable<Result<AttemptOutcome>> run_attempt(AttemptTools tools, store::Delivery delivery) {
  const auto target = net::check_webhook_url(delivery.url, tools.options.policy);
  if (!target) {
    auto refused = no_answer(target.error());
    refused.permanent = true;
    co_return refused;
  }
  auto post = co_await build_post(tools, delivery);
  if (!post) {
    if (means_store_trouble(post.error())) co_return post.error();
    log::error("delivery.unbuildable",
               {{"delivery", delivery.id}, {"reason", post.error().message()}});
    const Error internal(Errc::internal, "internal error: the message could not be built");
    co_return no_answer(internal);
  }

  auto request = make_request(tools.options, *target, std::move(*post));
  auto stream = co_await tools.client.open(std::move(request));
  if (!stream) {
    log::debug("delivery.no_answer", {{"delivery", delivery.id},
                                      {"reason", stream.error().message()},
                                      {"detail", stream.error().detail()}});
    co_return no_answer(stream.error());
  }
  AttemptOutcome outcome;
  outcome.http_status = static_cast<int>((*stream)->status());
  if (const auto wait = (*stream)->headers().find("retry-after")) outcome.retry_after = *wait;
  // What the answer says is of no interest: it is read (up to 64 KiB) for the connection's sake.
  co_await (*stream)->drain(kDrainPatience);
  co_return outcome;
}

}  // namespace

// Not itself the coroutine: g++ warns of a frame with external linkage that holds local types.
asio::awaitable<Result<AttemptOutcome>> attempt_delivery(AttemptTools tools,
                                                         store::Delivery delivery) {
  return run_attempt(tools, std::move(delivery));
}

}  // namespace taskgate::delivery
