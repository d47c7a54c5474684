"""nbgrader's settings in a learner's pod."""

c = get_config()  # noqa: F821 (nbgrader defines it)
c.CourseDirectory.course_id = "under500"
c.Exchange.root = "/srv/under500/exchange"
c.ExecutePreprocessor.timeout = 300
c.Execute.skip_cells_with_tag = ""
