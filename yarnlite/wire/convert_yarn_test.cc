#include "yarnlite/wire/convert_yarn.h"

#include <gtest/gtest.h>

#include "common/testing/status_matchers.h"
#include "proto/hadoop/security.pb.h"
#include "proto/hadoop/yarn_protos.pb.h"
#include "proto/hadoop/yarn_reports.pb.h"

namespace tusk::yarnlite {
namespace {

const ContainerId kContainer{{{1700000000000, 3}, 1}, 2};

TEST(ConvertYarnTest, ResourcesTravelInBothForms) {
  proto::yarn::ResourceProto proto;
  ToProto(Resource{512, 2}, &proto);
  EXPECT_EQ(proto.memory(), 512);
  EXPECT_EQ(proto.virtual_cores(), 2);
  ASSERT_EQ(proto.resource_value_map_size(), 2);
  EXPECT_EQ(proto.resource_value_map(0).key(), "memory-mb");
  EXPECT_EQ(proto.resource_value_map(0).units(), "Mi");
  EXPECT_TRUE(proto.resource_value_map(1).has_units()) << "set, though empty";
  EXPECT_EQ(FromProto(proto), (Resource{512, 2}));
  proto.clear_memory();
  proto.clear_virtual_cores();
  EXPECT_EQ(FromProto(proto), (Resource{512, 2})) << "from the map alone";
}

TEST(ConvertYarnTest, MissingIdsAreRefused) {
  EXPECT_THAT(FromProto(proto::yarn::ContainerIdProto()), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(FromProto(proto::yarn::ApplicationIdProto()), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(FromProto(proto::yarn::NodeIdProto()), HasCode(Code::kInvalidArgument));
  EXPECT_THAT(FromProto(proto::yarn::ApplicationSubmissionContextProto()),
              HasCode(Code::kInvalidArgument));
}

TEST(ConvertYarnTest, UrisAreTakenApartAndPutTogether) {
  for (const std::string uri :
       {"hdfs://127.0.0.1:8020/a/b", "hdfs://nameservice/a", "/a/b", "file:///tmp/x"}) {
    proto::yarn::URLProto proto;
    ToProto(uri, &proto);
    EXPECT_EQ(FromProto(proto), uri);
  }
  proto::yarn::URLProto proto;
  ToProto("hdfs://127.0.0.1:8020/a/b", &proto);
  EXPECT_EQ(proto.scheme(), "hdfs");
  EXPECT_EQ(proto.host(), "127.0.0.1");
  EXPECT_EQ(proto.port(), 8020);
  EXPECT_EQ(proto.file(), "/a/b");
}

TEST(ConvertYarnTest, ALaunchContextComesBackWhole) {
  ContainerLaunchContext context;
  context.commands = {"sleep", "1"};
  context.environment = {{"A", "1"}, {"B", "{{HOME}}"}};
  context.local_resources["dir/job.bin"] = {.uri = "hdfs://127.0.0.1:8020/job",
                                            .size_bytes = 7,
                                            .timestamp_ms = 8,
                                            .type = LocalResource::Type::kArchive,
                                            .visibility = LocalResource::Visibility::kPublic};
  context.tokens = std::string("HDTS\0\0\0", 7);
  context.service_data["tusk_files"] = std::string("\0secret", 7);
  proto::yarn::ContainerLaunchContextProto proto;
  ToProto(context, &proto);
  ASSERT_OK_AND_ASSIGN(const ContainerLaunchContext back, FromProto(proto));
  EXPECT_EQ(back.commands, context.commands);
  EXPECT_EQ(back.environment, context.environment);
  EXPECT_EQ(back.local_resources, context.local_resources);
  EXPECT_EQ(back.tokens, context.tokens);
  EXPECT_EQ(back.service_data, context.service_data);
}

TEST(ConvertYarnTest, AMastersSizeMayStandInEitherField) {
  ApplicationSubmission submission;
  submission.id = kContainer.attempt.application;
  submission.master_resource = {256, 1};
  proto::yarn::ApplicationSubmissionContextProto proto;
  ToProto(submission, &proto);
  ASSERT_OK_AND_ASSIGN(const auto old_form, FromProto(proto));
  EXPECT_EQ(old_form.master_resource, (Resource{256, 1}));
  proto.clear_resource();
  auto* ask = proto.add_am_container_resource_request();
  ask->set_resource_name("*");
  ToProto(Resource{1536, 1}, ask->mutable_capability());
  ASSERT_OK_AND_ASSIGN(const auto new_form, FromProto(proto));
  EXPECT_EQ(new_form.master_resource, (Resource{1536, 1}));
}

TEST(ConvertYarnTest, ReportsComeBackWhole) {
  ApplicationReport report;
  report.id = kContainer.attempt.application;
  report.current_attempt = kContainer.attempt;
  report.user = "alice";
  report.queue = "default";
  report.name = "wordcount";
  report.type = "TUSK";
  report.tags = {"x"};
  report.host = "127.0.10.1";
  report.rpc_port = 4711;
  report.tracking_url = "http://a";
  report.original_tracking_url = "http://b";
  report.state = ApplicationState::kFinished;
  report.final_status = FinalStatus::kSucceeded;
  report.diagnostics = "fine";
  report.progress = 0.5f;
  report.submit_time_ms = 1;
  report.start_time_ms = 2;
  report.launch_time_ms = 3;
  report.finish_time_ms = 4;
  report.priority = 5;
  report.used_containers = 6;
  report.used = {512, 1};
  report.memory_seconds = 7;
  report.vcore_seconds = 8;
  report.amrm_token = {"i", "p", "k", "s"};
  proto::yarn::ApplicationReportProto proto;
  ToProto(report, &proto);
  ASSERT_OK_AND_ASSIGN(const ApplicationReport back, FromProto(proto));
  EXPECT_EQ(back, report);
}

TEST(ConvertYarnTest, ContainersAndStatusesComeBackWhole) {
  const ContainerStatus status{kContainer, ContainerState::kComplete, -104, "too much", {512, 1}};
  proto::yarn::ContainerStatusProto status_proto;
  ToProto(status, &status_proto);
  ASSERT_OK_AND_ASSIGN(const ContainerStatus status_back, FromProto(status_proto));
  EXPECT_EQ(status_back, status);

  Container container;
  container.id = kContainer;
  container.node = {"127.0.10.1", 8041};
  container.node_http_address = "127.0.10.1:8042";
  container.resource = {512, 1};
  container.priority = 3;
  container.allocation_request_id = 11;
  container.token = {"i", "p", "ContainerToken", "s"};
  proto::yarn::ContainerProto container_proto;
  ToProto(container, &container_proto);
  ASSERT_OK_AND_ASSIGN(const Container back, FromProto(container_proto));
  EXPECT_EQ(back.id, container.id);
  EXPECT_EQ(back.node, container.node);
  EXPECT_EQ(back.resource, container.resource);
  EXPECT_EQ(back.priority, 3);
  EXPECT_EQ(back.allocation_request_id, 11);
  EXPECT_EQ(back.token, container.token);
}

TEST(ConvertYarnTest, NodeLabelsAreRefusedNotIgnored) {
  proto::yarn::ResourceRequestProto proto;
  proto.set_node_label_expression("gpu");
  EXPECT_THAT(FromProto(proto), HasReason(Reason::kInvalidResourceRequest));
}

}  // namespace
}  // namespace tusk::yarnlite
