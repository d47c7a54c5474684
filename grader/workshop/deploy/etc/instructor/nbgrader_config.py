"""nbgrader's settings in the instructor's pod; ~/course is a clone of the repository."""

c = get_config()  # noqa: F821 (nbgrader defines it)
load_subconfig("nbgrader_config.py", path="/home/jovyan/course")  # noqa: F821
c.CourseDirectory.root = "/home/jovyan/course"
c.Exchange.root = "/srv/under500/exchange"
c.ExchangeFactory.collect = "grader.workshop.exchange.Collect"
c.ExchangeFactory.list = "grader.workshop.exchange.List"
