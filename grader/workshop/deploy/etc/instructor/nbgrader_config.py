"""What nbgrader is told in the instructor's pod; the course is a clone of the repository in ~/course."""

c = get_config()  # noqa: F821 (nbgrader puts it there)
load_subconfig("nbgrader_config.py", path="/home/jovyan/course")  # noqa: F821
c.CourseDirectory.root = "/home/jovyan/course"
c.Exchange.root = "/srv/under500/exchange"
c.ExchangeFactory.collect = "grader.workshop.exchange.Collect"
