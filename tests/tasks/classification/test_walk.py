def test_x(walked):
    print(walked)
