# Two stacks live side by side in an account.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "two_stacks_share_nothing" {
  command = apply

  module {
    source = "./tests/two"
  }

  variables {
    artifacts_dir = "./tests/artifacts"
  }

  assert {
    condition     = length(output.arns["rates"]) > 30 && length(output.arns["rates"]) == length(output.arns["rates-test"])
    error_message = "The stacks have ${length(output.arns["rates"])} and ${length(output.arns["rates-test"])} parts."
  }
  assert {
    condition     = length(setintersection(output.arns["rates"], output.arns["rates-test"])) == 0
    error_message = "Two stacks want the same: ${join(", ", setintersection(output.arns["rates"], output.arns["rates-test"]))}"
  }
}
